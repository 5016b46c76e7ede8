"""What docs/guides/call-a-provider.md states is so. That its examples run is tests/test_docs.py's matter."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from mockreel_client import Client, Retries, errors
from mockreel_contracts import load, providers

PAGE = (Path(__file__).parents[2] / "docs/guides/call-a-provider.md").read_text("utf-8")
ROLES = {"credits": "balance", "cancel": "cancel", "list_tasks": "list"}


def rows(section: str) -> list[list[str]]:
    """The rows of the table of a section, without its head."""
    text = PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def test_the_table_of_errors_has_each_class_once() -> None:
    classes = [
        name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.ClientError)
    ]
    assert sorted(row[0].strip("`") for row in rows("Errors")) == sorted(set(classes) - {"ClientError"})


@pytest.mark.parametrize("name", sorted(errors.REACTIONS))
def test_the_table_of_errors_has_the_code_of_each_case(name: str) -> None:
    row = next(row for row in rows("Errors") if row[0] == f"`{errors.REACTIONS[name].__name__}`")
    assert row[1].startswith(re.findall(r"\((\d+)\)", inspect.getdoc(errors.REACTIONS[name]) or "")[0])


def test_the_table_of_methods_has_each_method_and_who_can_do_it() -> None:
    found = {name: row[2] for row in rows("Create, wait, download") for name in re.findall(r"`(\w+)\(", row[0])}
    public = {name for name, _ in inspect.getmembers(Client, inspect.isfunction) if name[0] != "_"}
    assert found.keys() == public - {"close"}
    for method, role in ROLES.items():
        able = [load(name).title for name in providers() if load(name).by_role(role)]
        assert found[method] == ", ".join(able)


def test_the_numbers_of_retries_and_waits_are_those_of_the_code() -> None:
    retries = Retries()
    assert f"Up to {retries.times} times, all within {retries.budget_s:g} seconds" in PAGE
    assert f"from 0 to {retries.first_s:g} seconds, then to 1, 2, 4 and so on, at most {retries.most_s:g}" in PAGE
    advice = [load(name).polling for name in providers()]
    firsts = {wait.first_s for wait in advice}
    assert f"after {min(firsts):g} to {max(firsts):g} seconds" in PAGE
    assert {(wait.most_s, wait.give_up_s) for wait in advice} == {(15, 15 * 60)}
    assert {load(name).lifecycle.asset_life_ms for name in providers()} == {24 * 3_600_000}
