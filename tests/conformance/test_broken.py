"""Every known-bad server is found by the check that names its cause, and a correct one by none."""

from __future__ import annotations

import pytest

from mockreel.conformance.broken import Broken, BrokenServer, all_broken, fitting, model_of
from mockreel.conformance.broken.examine import examine
from mockreel.conformance.check import all_checks
from mockreel.domain.messages import Request
from mockreel.report import Status
from mockreel_contracts import load, providers

CONTRACTS = {name: load(name) for name in providers()}
FITTING = {name: {broken.name for broken in fitting(contract)} for name, contract in CONTRACTS.items()}
KNOWN = [broken for broken in all_broken().values() if broken.caught_by in all_checks()]


@pytest.mark.parametrize("broken", KNOWN, ids=lambda broken: broken.name)
def test_a_known_bad_server_is_found_by_the_check_that_names_the_cause(broken: Broken) -> None:
    for contract in CONTRACTS.values():
        if broken.name not in FITTING[contract.provider]:
            continue
        found = {
            result.id: result.message
            for result in examine(
                contract,
                broken,
                models=[model_of(broken, contract)],
                probes=all_checks()[broken.caught_by].probes,
            )
            if result.status is Status.FAIL
        }
        assert broken.caught_by in found, f"{contract.provider}: {broken.breaks}: found {found}"
        others = {name: text for name, text in found.items() if name not in (broken.caught_by, *broken.also)}
        assert not others, f"{contract.provider}: {broken.breaks}: other checks accuse it too"


@pytest.mark.parametrize("provider", providers())
def test_a_server_without_faults_answers_as_the_contract_says(provider: str) -> None:
    contract = CONTRACTS[provider]
    operation = contract.by_role("query")[0]
    answer = BrokenServer(contract).handle(Request(operation.method, operation.path))
    assert answer.status == contract.errors["unauthorized"].status


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_found_at_a_server_without_faults(seed: int) -> None:
    for contract in CONTRACTS.values():
        files = {model.file: name for name, model in contract.models.items()}
        model = list(files.values())[seed % len(files)]
        results = examine(contract, seed=seed, models=[model])
        found = {result.id: result.message for result in results if result.status is Status.FAIL}
        assert not found, f"{contract.provider}, {model}, seed {seed}"
        assert sum(result.status is Status.PASS for result in results) >= 40


def test_there_are_enough_of_them_for_each_provider() -> None:
    assert min(len(names) for names in FITTING.values()) >= 60
    assert set(all_broken()) == set.union(*FITTING.values())
