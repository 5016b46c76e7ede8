"""Every machine-checkable statement of the providers' pages holds, and would not without the contract line it names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockreel_contracts import load, pointer
from mockreel_contracts.loader import SHIPPED, examine, read
from tests.statements import Statement, all_statements, failures

STATEMENTS = all_statements()


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.id)
def test_the_statement_holds(statement: Statement) -> None:
    assert failures(statement, load(statement.provider)) == []


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: s.id)
def test_the_statement_falls_without_its_line_in_the_contract(statement: Statement) -> None:
    files = read(SHIPPED / statement.provider)
    values = {**files.values, statement.file: pointer.without(files.values[statement.file], statement.pointer)}
    contract, _ = examine(replace(files, values=values))
    assert contract is None or failures(statement, contract) != []


def test_statement_ids_are_unique() -> None:
    ids = [statement.id for statement in STATEMENTS]
    assert len(ids) == len(set(ids))
