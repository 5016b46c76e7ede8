"""What hostile and careless callers tried once: each is refused in its place, and nothing comes back to life."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from mockreel.options import profiles_of
from mockreel.provider import MockProvider
from mockreel_contracts import Contract, Phase, load, pointer, providers
from tests.calling import Caller, first_body
from tests.test_bad_input import leaves, with_value

CONTRACTS = [load(name) for name in providers()]
by_provider = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx2.Client]:
    with MockProvider(seed=3).serve() as url, httpx2.Client(base_url=url, trust_env=False, timeout=20) as client:
        yield client


@by_provider
def test_a_million_wrong_items_give_a_bounded_answer(contract: Contract) -> None:
    body = first_body(contract)
    root = contract.openapi
    lists = [
        at for at, schema in leaves(contract.models[body["model"]].schema.source, root) if schema.get("type") == "array"
    ]
    for at in lists or ["/model"]:
        caller = Caller(contract)
        schema = contract.models[body["model"]].schema
        sent = with_value(body, at, [1] * 200_000)
        assert len(schema.violations(sent)) <= 300
        assert len(caller.submit(sent).raw) < 20_000


def test_what_is_wrong_beyond_the_listed_items_is_still_refused() -> None:
    from mockreel_contracts import Schema

    schema = Schema({"type": "array", "items": {"type": "string"}}, {})
    assert [v.keyword for v in schema.violations(["x"] * 300 + [1])] == ["items"]


@by_provider
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_scenario_header_asks_for_nothing(contract: Contract, value: str) -> None:
    caller = Caller(contract)
    caller.submit(headers={"X-Mock-Scenario": value, "X-Mock-Fault": value})
    assert len(caller.engine.services[contract.provider].tasks) == 1


@by_provider
def test_a_hint_can_hold_no_line_break(contract: Contract) -> None:
    caller = Caller(contract)
    for operation in contract.operations.values():
        reply = caller.send("TRACE", operation.path.replace("{", "a\r\nSet-Cookie: x").replace("}", "\u4e2d" * 500))
        assert all(0x20 <= ord(c) < 0x7F for value in reply.headers.values() for c in value)
        assert all(len(value) <= 300 for value in reply.headers.values())


@by_provider
def test_parameters_out_of_every_range_are_refused_not_raised(contract: Contract) -> None:
    caller = Caller(contract)
    for operation in contract.operations.values():
        for parameter in operation.parameters:
            if parameter.where == "query":
                for value in ("99999999999999999999", "-" + "9" * 390, "1_0", "\u0663", "nan", "1e999", ""):
                    caller.send(operation.method, operation.path, query={parameter.name: value})
                    assert list(caller.engine.journal)[-1].case != "internal_error"


@by_provider
def test_an_expired_task_is_not_raised_from_the_dead_by_looks(contract: Contract) -> None:
    if not contract.lifecycle.expiries:
        return
    bodies = [first_body(contract), *({**first_body(contract), name: True} for name in ("off_peak",))]
    for body in bodies:
        caller = Caller(contract, pace="polls")
        if caller.submit(body).status != 200:
            continue
        service = caller.engine.services[contract.provider]
        if next(iter(service.tasks.values())).course.expiry is None:
            continue
        caller.clock.advance(200_000)
        seen = []
        for _ in range(6):
            caller.query()
            seen.append(service.tasks[caller.task_id()].moment(caller.clock.now_ms()).state.phase)
        assert set(seen) == {Phase.EXPIRED}
        assert caller.balance() == 10_000


@by_provider
def test_a_reset_makes_the_same_calls_give_the_same_bytes(contract: Contract) -> None:
    caller = Caller(contract)

    def run() -> list[bytes]:
        return [caller.submit().raw, caller.submit([]).raw, caller.query().raw, caller.send("GET", "/v1/x").raw]

    first = run()
    caller.engine.reset()
    assert run() == first


def test_a_place_that_is_given_up_goes_to_the_next_in_line() -> None:
    contract = next(c for c in CONTRACTS if c.concurrency is not None and c.concurrency.excess == "queue")
    assert contract.concurrency is not None
    caller = Caller(contract, limits=True, credits=None)
    service = caller.engine.services[contract.provider]
    for _ in range(contract.concurrency.tasks):
        caller.submit(headers={"X-Mock-Scenario": "stuck_queued"})
    caller.submit()
    waiting = service.tasks[caller.task_id()]
    caller.clock.advance(3600)
    moment = waiting.moment(caller.clock.now_ms())
    assert (moment.state.phase, moment.next_ms is None or moment.next_ms > 1 << 61) == (Phase.QUEUED, True)
    caller.on_task("cancel", next(iter(service.tasks)))
    caller.clock.advance(600)
    assert waiting.moment(caller.clock.now_ms()).state.phase is Phase.SUCCEEDED


@by_provider
def test_errors_only_in_the_body_means_http_200(contract: Contract) -> None:
    if contract.errors_in != "body":
        return
    for case in contract.errors.values():
        reply = Caller(contract, errors="body").submit(key=f"mock-{case.id}")
        assert reply.status == (case.status if "route" in case.stages else 200)


@by_provider
def test_the_journal_keeps_little_of_what_is_long_and_nothing_of_secrets(contract: Contract) -> None:
    caller = Caller(contract)
    operation = contract.by_role("query")[0]
    caller.send("GET", operation.path, query={"api_key": "s3cret", "access_TOKEN": "s3cret", "filler": "x" * 60_000})
    caller.send("GET", "/" + "y" * 60_000)
    for entry in caller.engine.journal:
        assert len(str(entry.as_json())) < 10_000
        assert "s3cret" not in str(entry.as_json())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://["}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example:8455", "Origin": "http://evil.example:8455"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
    ],
)
def test_only_this_machine_steers_a_mock_without_a_token(
    http: httpx2.Client, headers: dict[str, str], status: int
) -> None:
    assert http.get("/_mock/clock", headers=headers).status_code == status


def test_the_control_api_reads_no_large_or_odd_bodies(http: httpx2.Client) -> None:
    assert http.post("/_mock/reset", content=b"[" + b"1," * 5_000_000 + b"1]").status_code in (400, 413, 422)
    for raw in (b'{"seconds": NaN}', b'{"seconds": 1e999}', b"{", b"\xff", b'{"seconds": "\\ud800"}'):
        answer = http.post("/_mock/clock/advance", content=raw)
        assert answer.status_code in (400, 422)
        assert answer.json()["detail"]
    assert http.post("/_mock/clock/advance", content=b'{"seconds": 0}').status_code == 200


def test_headers_are_bounded(http: httpx2.Client) -> None:
    assert http.get("/", headers={"X-Mock-Scenario": "x" * 70_000}).status_code in (400, 431)


def test_odd_links_are_refused(http: httpx2.Client) -> None:
    path = f"/_files/{providers()[0]}/x/video.mp4"
    assert http.get(path + "?expires=%C2%B2").status_code == 403
    assert http.get(path + "?expires=1&signature=%00").status_code == 403
    assert http.get(path + "?t=1").status_code == 404


def test_an_encoded_line_break_in_a_path_is_answered(http: httpx2.Client) -> None:
    for contract in CONTRACTS:
        for operation in contract.operations.values():
            path = pointer.split("/x")[0] and operation.path.replace("{", "a%0D%0Ab").replace("}", "")
            assert http.request("DELETE", path).status_code in (401, 404, 405)


def test_beyond_loopback_a_token_is_needed() -> None:
    with (
        pytest.raises(ValueError, match="give MockProvider a token="),
        MockProvider(providers()[0]).serve(host="127.0.0.2"),
    ):
        pass


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pace": "slow"}, "pace is one of time, polls, instant, got 'slow'"),
        ({"credits": "lots"}, "or unlimited; got 'lots'"),
        ({"credits": -1}, "or unlimited; got -1"),
        ({"clock": "fast"}, "clock is real, manual or an object like ManualClock, got 'fast'"),
        ({"speed": 0}, "speed is a number above 0"),
        ({"looks": 0}, "looks is 1 or more, got 0"),
        ({"scenario": "stuk"}, "knows no scenario 'stuk'"),
    ],
)
def test_a_bad_setting_is_refused_with_what_would_be_right(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MockProvider(providers()[0], **options)


def test_profiles_are_chosen_by_provider() -> None:
    assert profiles_of("strict", ["a", "b"]) == {"a": "strict", "b": "strict"}
    assert profiles_of("b=strict", ["a", "b"]) == {"a": "documented", "b": "strict"}
