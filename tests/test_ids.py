"""Ids keep the provider's format and are unique at any rate."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.domain.dice import Dice
from mockreel.domain.ids import IdMaker
from mockreel_contracts import Contract, load, providers
from tests.calling import Caller

CONTRACTS = [load(name, profile=p) for name in providers() for p in load(name).profiles]
WORDS = {
    "unix_ms": r"\d{13,}",
    "snowflake": r"\d+",
    "counter": r"\d+",
    "hex": "[0-9a-f]{N}",
    "alnum": "[0-9A-Za-z]{N}",
    "digits": r"\d{N}",
}


def pattern(text: str) -> str:
    def word(match: re.Match[str]) -> str:
        name, _, size = match[1].partition(":")
        return WORDS.get(name, ".+").replace("N", size)

    return re.sub(r"\\\{(.+?)\\\}", lambda m: word(re.match(r"(.*)", m[1].replace("\\", ""))), re.escape(text))  # type: ignore[arg-type]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: f"{c.provider}-{c.profile}")
def test_ids_have_the_providers_format_and_ten_thousand_in_one_second_differ(contract: Contract) -> None:
    model = next(iter(contract.models.values()))
    maker = IdMaker(contract.id_format, Dice(1))
    taken: dict[str, int] = {}
    for number in range(10_000):
        made = maker.make(1_767_225_600_000 + number // 10, model.facts, f"key{number}", taken)
        assert re.fullmatch(pattern(contract.id_format), made), made
        taken[made] = number
    assert len(taken) == 10_000


@given(st.lists(st.integers(0, 10**13), max_size=50), st.sampled_from(["{unix_ms}", "{snowflake:0}", "{counter:7}"]))
def test_rising_ids_never_repeat_whatever_the_clock_says(times: list[int], text: str) -> None:
    maker = IdMaker(text, Dice(1))
    made = [int(maker.make(now, {}, "", ())) for now in times]
    assert made == sorted(set(made))


def test_a_taken_id_is_not_given_again() -> None:
    first = IdMaker("{hex:32}", Dice(1)).make(0, {}, "salt", ())
    assert IdMaker("{hex:32}", Dice(1)).make(0, {}, "salt", (first,)) != first


@pytest.mark.parametrize("contract", CONTRACTS[:3], ids=lambda c: f"{c.provider}-{c.profile}")
def test_keys_do_not_see_each_others_tasks(contract: Contract) -> None:
    caller = Caller(contract)
    caller.submit()
    mine = caller.query()
    other = caller.query(key="other-key")
    entry = list(caller.engine.journal)[-1]
    assert mine.body != other.body
    assert entry.decision == "refused: the task belongs to another API key"
    assert entry.case == contract.refusal("unknown_task", contract.by_role("query")[0]).id
    assert entry.task_id == ""
