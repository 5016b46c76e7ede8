"""No change goes unsaid, and no change is said where there is none."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockreel_contracts import load, pointer, providers
from mockreel_contracts.diff import Side, compare, sides
from tests.diff import small

PROFILES = [(name, profile) for name in providers() for profile in load(name).profiles]
UNSEEN = ("/profiles/", "/license", "/$schema", "/identifier", "/securitySchemes/pass", "/version", "/required/")
TWINS = ("/discriminator/mapping", "/openapi")


@pytest.mark.parametrize(("provider", "profile"), PROFILES)
def test_a_shipped_contract_is_as_it_is(provider: str, profile: str) -> None:
    a, b = (sides(provider, profile=profile)[""] for _ in range(2))
    assert compare(a, b) == ()


@pytest.mark.parametrize("provider", providers())
def test_keys_in_another_order_are_no_change(provider: str) -> None:
    side = sides(provider)[""]
    assert compare(side, Side(side.name, side.main, _backwards(side.files), side.paths, side.contract)) == ()


def _backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _backwards(item) for key, item in reversed(value.items())}
    return [_backwards(item) for item in value] if isinstance(value, list) else value


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, pointer.join(at, str(key)))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{at}/{index}")
    else:
        yield at, value


def put(value: Any, at: list[str], new: Any) -> Any:
    if not at:
        return new
    key = int(at[0]) if isinstance(value, list) else at[0]
    value[key] = put(value[key], at[1:], new)
    return value


LEAVES = [
    (file, at, value)
    for file, whole in small.FILES.items()
    for at, value in leaves(whole)
    if not any(part in f"{at}/" for part in (*UNSEEN, *TWINS))
]


def other(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else 1


def test_no_leaf_of_a_contract_changes_unseen(tmp_path: Path) -> None:
    before = small.read(small.write(tmp_path / "films", small.FILES))
    unseen, compared = [], 0
    for file, at, value in LEAVES:
        files = {**small.FILES, file: put(copy.deepcopy(small.FILES[file]), pointer.split(at), other(value))}
        try:
            after = small.read(small.write(tmp_path / "after" / "films", files))
        except Exception:  # noqa: S112  what is no contract any more is refused before it is compared
            continue
        compared += 1
        if not compare(before, after):
            unseen.append(f"{file}#{at}")
    assert unseen == []
    assert compared > 120
