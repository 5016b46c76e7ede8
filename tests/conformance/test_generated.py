"""What Schemathesis generates, sent and judged: bounded, repeatable, harmless, and it finds what is broken."""

from __future__ import annotations

import gc
import json
import re
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockreel import MockProvider
from mockreel.conformance import generated, keywords
from mockreel.conformance.bench import Bench, Keys, TimeUp
from mockreel.conformance.budget import Budget, Withheld
from mockreel.conformance.control import LocalControl, NoControl
from mockreel.conformance.evidence import reading
from mockreel.conformance.exchange import Exchange
from mockreel.conformance.generated import probes
from mockreel.conformance.generated.smallest import MOST, symptom
from mockreel_contracts import load, providers

EVERY = [(name, profile) for name in providers() for profile in load(name).profiles]
KIE = "kie"

Twist = Callable[[httpx2.Request, Callable[[httpx2.Request], httpx2.Response]], httpx2.Response]


class Twisted(httpx2.BaseTransport):
    """A mock with a mistake: `twist` stands between it and its callers. `urls` are all that it was called at."""

    def __init__(self, inner: httpx2.BaseTransport, twist: Twist) -> None:
        self._inner = inner
        self._twist = twist
        self.urls: list[str] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.urls.append(str(request.url))
        return self._twist(request, self._inner.handle_request)


def kept(request: httpx2.Request, answer: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.Response:
    return answer(request)


@contextmanager
def bench_of(
    provider: str,
    *,
    profile: str = "documented",
    twist: Twist = kept,
    limit: Decimal | None = None,
    has_control: bool = True,
    seed: int = 1,
    deadline_s: float = float("inf"),
    models: tuple[str, ...] = (),
) -> Iterator[tuple[Bench, Twisted]]:
    mock = MockProvider(provider, seed=1, profile=profile)
    transport = Twisted(mock.transport(), twist)
    contract = load(provider, profile=profile)
    with httpx2.Client(transport=transport) as http:
        bench = Bench(
            contract,
            contract.base_url,
            http,
            keys=Keys("own-key", "other-key", "mock-unauthorized", can_mint=has_control),
            budget=Budget(limit),
            control=LocalControl(mock) if has_control else NoControl(),
            has_control=has_control,
            deadline_s=deadline_s,
            seed=seed,
            models=models,
        )
        yield bench, transport


def sent(bench: Bench) -> list[tuple[str, str, bytes]]:
    return [(each.method, each.url, each.sent) for each in bench.record.exchanges]


def wrong(bench: Bench) -> list[tuple[str, Exchange]]:
    contract = bench.record.contract
    return [(what, each) for each in bench.record.exchanges if (what := symptom(contract, each))]


def submits(bench: Bench) -> list[Exchange]:
    return [each for each in bench.record.exchanges if each.operation and each.operation.role == "submit"]


def mistaken(request: httpx2.Request, body: Any) -> httpx2.Request:
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
    return httpx2.Request(request.method, request.url, headers=headers, content=json.dumps(body).encode())


@pytest.mark.slow
@pytest.mark.parametrize(("provider", "profile"), EVERY)
def test_our_mock_is_accused_of_nothing(provider: str, profile: str) -> None:
    with bench_of(provider, profile=profile) as (bench, transport):
        generated.probe(bench)
        generated.probe_paid(bench)
        assert wrong(bench) == []
        for each in bench.record.exchanges:
            if each.intent.kind == "refuse" and each.intent.case:
                case = bench.contract.errors[each.intent.case]
                assert reading.wrong_in_refusal(bench.contract, case, each) == [], each.intent
        assert {each.split("/", 3)[2] for each in transport.urls} == {bench.base_url.split("/")[2]}
        free = [each for each in bench.record.of("generated") if each.intent.kind != "any"]
        assert 40 < len(free) <= probes.FREE_CASES
        assert 10 < len(bench.record.trials) <= probes.PAID_CASES + 8 * 4
        assert bench.record.missed == {}


@pytest.mark.slow
def test_tasks_are_followed_by_the_links_of_the_document() -> None:
    with bench_of(KIE) as (bench, _):
        generated.probe_paid(bench)
        linked = [each for each in bench.record.exchanges if each.operation and each.operation.role == "query"]
        assert any(each.task is not None and each.intent.kind == "accept" for each in linked)


@pytest.mark.slow
def test_the_same_seed_sends_the_same_bytes() -> None:
    runs = []
    for seed in (1, 1, 2):
        with bench_of(KIE, seed=seed) as (bench, _):
            generated.probe(bench)
            generated.probe_paid(bench)
            runs.append(sent(bench))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


@pytest.mark.slow
@pytest.mark.parametrize("provider", providers())
def test_nothing_generated_makes_a_server_call_anybody(provider: str) -> None:
    with bench_of(provider) as (bench, _):
        generated.probe(bench)
        generated.probe_paid(bench)
        for each in bench.record.exchanges:
            text = each.sent.decode("utf-8", "replace")
            assert set(re.findall(r'://([^/?#"]+\.[^/?#"]+)', text)) <= {"example.com"}, text
            assert '"data:' not in text.lower()


@pytest.mark.slow
def test_a_prompt_that_is_too_long_and_accepted_is_noticed_and_made_small() -> None:
    def twist(request: httpx2.Request, answer: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.Response:
        if request.method == "POST" and b'"prompt"' in request.content:
            body = json.loads(request.content)
            text = body.get("input", {}).get("prompt") if isinstance(body.get("input"), dict) else None
            if isinstance(text, str):
                body["input"]["prompt"] = text[:10000]
            return answer(mistaken(request, body))
        return answer(request)

    with bench_of(KIE, twist=twist) as (bench, _):
        generated.probe(bench)
        found = [each for what, each in wrong(bench) if what == "accepted"]
        assert found
        assert {each.intent.keyword for each in found} == {"maxLength"}
        assert {each.intent.probe for each in found} == {"generated"}
        smallest = min((json.loads(each.sent) for each in found), key=lambda body: len(json.dumps(body)))
        assert smallest["input"]["prompt"] == "0" * 10001
        assert set(smallest) == {"model", "input"}
        assert set(smallest["input"]) == {"prompt", "image_url"}


@pytest.mark.slow
def test_an_answer_without_a_field_is_noticed_with_a_small_request() -> None:
    def twist(request: httpx2.Request, answer: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.Response:
        made = answer(request)
        text = made.read()
        if request.method != "POST" or b"camera_fixed" not in request.content or b"taskId" not in text:
            return made
        return httpx2.Response(made.status_code, json={"code": 200, "msg": "success", "data": {}})

    with bench_of(KIE, twist=twist) as (bench, _):
        generated.probe_paid(bench)
        found = [each for what, each in wrong(bench) if what == "schema"]
        smallest = min((json.loads(each.sent) for each in found), key=lambda body: len(json.dumps(body)))
        assert set(smallest["input"]) == {"prompt", "image_url", "camera_fixed"}
        assert len(bench.record.trials) <= probes.PAID_CASES + 8 * 4 + probes.SHRUNK * MOST


@pytest.mark.slow
def test_without_a_budget_no_task_is_asked_for() -> None:
    with bench_of(KIE, limit=Decimal(0)) as (bench, _):
        generated.probe(bench)
        with pytest.raises(Withheld):
            generated.probe_paid(bench)
        assert {each.intent.kind for each in submits(bench)} == {"refuse"}
        assert bench.budget.spent == 0


@pytest.mark.slow
def test_a_small_budget_is_kept() -> None:
    with bench_of(KIE, limit=Decimal(200)) as (bench, _):
        with pytest.raises(Withheld):
            generated.probe_paid(bench)
        assert 0 < bench.budget.spent <= 200


@pytest.mark.slow
def test_a_server_that_accepts_what_costs_is_asked_no_more() -> None:
    body = next(iter(load(KIE).models))

    def twist(request: httpx2.Request, answer: Callable[[httpx2.Request], httpx2.Response]) -> httpx2.Response:
        if request.method == "POST" and body.encode() in request.content:
            good = {"model": body, "input": {"prompt": "a", "image_url": "https://example.com/0"}}
            return answer(mistaken(request, good))
        return answer(request)

    with bench_of(KIE, twist=twist, limit=Decimal(0)) as (bench, _):
        with pytest.raises(Withheld):
            generated.probe(bench)
        assert len([each for what, each in wrong(bench) if what == "accepted"]) == 1


@pytest.mark.slow
def test_one_account_is_called_no_faster_than_the_contract_allows() -> None:
    with bench_of(KIE, has_control=False) as (bench, _):
        waits: list[float] = []
        bench.wait = waits.append  # type: ignore[method-assign]
        generated.probe(bench)
        assert len(submits(bench)) == 40
        assert waits == [10.0]
        assert "20 requests" in "".join(bench.record.missed["generated"])


@pytest.mark.slow
def test_only_chosen_models_are_asked_for() -> None:
    name = "viduq3t-540p"
    with bench_of("gateway", models=(name,)) as (bench, _):
        generated.probe_paid(bench)
        assert {trial.model.name for trial in bench.record.trials} == {name}


def test_no_time_ends_the_probe() -> None:
    with bench_of(KIE, deadline_s=0) as (bench, _), pytest.raises(TimeUp):
        generated.probe(bench)


def test_without_schemathesis_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with bench_of(KIE) as (bench, transport):
        generated.probe(bench)
        generated.probe_paid(bench)
        assert set(bench.record.missed) == {"generated", "generated_paid"}
        assert "mockreel[testing]" in bench.record.missed["generated"][0]
        assert transport.urls == []


@pytest.mark.slow
def test_nothing_is_printed_and_nothing_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with bench_of(KIE) as (bench, _):
        generated.probe(bench)
        generated.probe_paid(bench)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("provider", providers())
def test_most_rules_of_requests_are_reached(provider: str) -> None:
    with bench_of(provider) as (bench, _):
        generated.probe(bench)
        generated.probe_paid(bench)
        reached, missed = keywords.keywords(bench.record)
        assert len(reached) > 4 * len(missed)
        assert not set(reached) & set(missed)
        assert sorted([*reached, *missed]) == sorted(keywords.names(bench.contract))


def followed() -> weakref.ref[Bench]:
    with bench_of(KIE) as (bench, _):
        probes.probe_paid(bench)
        assert submits(bench)
        return weakref.ref(bench)


def test_what_a_run_recorded_is_not_kept_after_it() -> None:
    left = followed()
    gc.collect()
    assert left() is None
