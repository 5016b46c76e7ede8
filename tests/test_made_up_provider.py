"""A provider that nobody has heard of, written as data alone, is served whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockreel.domain.engine import Engine
from mockreel_contracts import Contract, ContractError, load
from tests.calling import Caller

OPENAPI = """\
openapi: 3.1.0
info: {title: Acme film works, version: "1"}
servers: [{url: https://films.acme.example}]
paths:
  /films:
    post:
      operationId: shoot
      requestBody:
        required: true
        content:
          application/json:
            schema:
              oneOf: [{$ref: models/noir.yaml}]
              discriminator: {propertyName: style, mapping: {noir: models/noir.yaml}}
      responses: {"200": {description: ok}}
    get:
      operationId: reel
      parameters:
        - {name: n, in: query, schema: {type: integer, minimum: 1, maximum: 5}}
      responses: {"200": {description: ok}}
  /films/{number}:
    parameters: [{name: number, in: path, required: true, schema: {type: integer}}]
    get: {operationId: look, responses: {"200": {description: ok}}}
    delete: {operationId: drop, responses: {"200": {description: ok}}}
  /films/{number}/file:
    parameters: [{name: number, in: path, required: true, schema: {type: integer}}]
    get: {operationId: fetch, responses: {"200": {description: ok}}}
  /purse:
    get: {operationId: purse, responses: {"200": {description: ok}}}
"""

NOIR = """\
type: object
required: [style, script]
properties:
  style: {const: noir}
  script: {type: string, maxLength: 5}
  minutes: {type: integer, minimum: 1, maximum: 3, default: 2}
x-mockreel:
  duration_s: {rolling: [10, 10]}
"""

BEHAVIOR = """\
version: 1
title: Acme
sources: {us: made up}
auth: {header: X-Acme-Pass, schemes: [Pass], source: us, confidence: documented}
operations:
  shoot:
    role: submit
    reads: {prompt: body.script, duration_s: body.minutes, resolution: "'90p'"}
    source: us
    confidence: documented
  look: {role: query, reads: {task_id: path.number}, source: us, confidence: documented}
  drop: {role: cancel, reads: {task_id: path.number}, source: us, confidence: documented}
  reel: {role: list, reads: {page_size: to_number(query.n)}, source: us, confidence: documented}
  purse: {role: balance, source: us, confidence: documented}
  fetch: {role: download, reads: {task_id: path.number}, reply: asset, source: us, confidence: documented}
refusals: {unknown_task: not_found, not_cancelable: too_late, not_ready: too_late}
replies:
  submit: {status: 201, body: {film: {number: =to_number(task.id), "owes?": null}}, source: us, confidence: documented}
  query:
    body: [=to_number(task.id), =task.state, =task.progress, "=task.results[0].url", =task.error.task_code]
    source: us
    confidence: documented
  cancel: {status: 202, body: {dropped: =task.id}, source: us, confidence: documented}
  list: {body: "=tasks[].id", source: us, confidence: documented}
  balance: {body: {coins: =account.balance}, source: us, confidence: documented}
  error: {body: {oops: =error.code, why: =error.message}, source: us, confidence: documented}
lifecycle:
  initial: cast
  states:
    cast: {phase: queued, next: [rolling, cut], duration_s: [5, 5], source: us, confidence: documented}
    rolling: {phase: running, next: [screened, burnt], duration_s: [99, 99], source: us, confidence: documented}
    screened: {phase: succeeded, source: us, confidence: documented}
    burnt: {phase: failed, source: us, confidence: documented}
    cut: {phase: canceled, wire: burnt, source: us, confidence: documented}
  failure: generation_failed
  cancellation: too_late
  retention_s: 1000
  asset_life_s: 100
  source: us
  confidence: documented
errors:
  unauthorized: &case
    {status: 403, code: E-PASS, message: no pass, stages: [auth], retryable: false, source: us, confidence: documented}
  insufficient_credits:
    {status: 418, code: E-COIN, message: no coins, stages: [submit], retryable: false, source: us, confidence: documented}
  not_found: {status: 410, code: E-GONE, message: gone, stages: [query], retryable: false, source: us, confidence: documented}
  invalid_request:
    {status: 409, code: E-SCRIPT, message: "bad {fields}: {problems}", stages: [submit], retryable: false, source: us, confidence: documented}
  rate_limited: {status: 420, code: E-CALM, message: calm, stages: [submit], retryable: true, source: us, confidence: documented}
  maintenance: {status: 503, code: E-PAINT, message: paint, stages: [submit], retryable: true, source: us, confidence: documented}
  internal_error: {status: 500, code: E-FIRE, message: fire, stages: [submit], retryable: true, source: us, confidence: documented}
  generation_failed:
    {status: 500, code: E-REEL, message: reel, stages: [task], retryable: false, source: us, confidence: documented}
  feature_disabled: {status: 501, code: E-SHUT, message: shut, stages: [submit], retryable: false, source: us, confidence: documented}
  too_late: {status: 425, code: E-LATE, message: "late in {state}", stages: [cancel], retryable: false, source: us, confidence: documented}
credits:
  charge: success
  refund: []
  prices: [{per_second: 1.5, source: us, confidence: documented}]
  source: us
  confidence: documented
limits:
  rate: {requests: 2, per_s: 10, source: us, confidence: documented}
  concurrency: {tasks: 1, excess: queue, source: us, confidence: documented}
ids: {task: "{counter:41}", source: us, confidence: documented}
"""

SHOOT = {"style": "noir", "script": "rain"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "acme"
    (home / "models").mkdir(parents=True)
    (home / "openapi.yaml").write_text(OPENAPI, "utf-8")
    (home / "models" / "noir.yaml").write_text(NOIR, "utf-8")
    (home / "behavior.yaml").write_text(BEHAVIOR, "utf-8")
    return tmp_path


@pytest.fixture
def contract(folder: Path) -> Contract:
    return load("acme", root=folder)


def acme(contract: Contract, **settings: Any) -> Caller:
    return Caller(contract, **settings)


def shoot(caller: Caller, **extra: Any) -> Any:
    return caller.send("POST", "/films", {**SHOOT, **extra})


def test_its_tasks_live_through_its_own_states_and_envelope(contract: Contract) -> None:
    caller = acme(contract)
    reply = shoot(caller)
    assert (reply.status, reply.body) == (201, {"film": {"number": 41}})
    seen = []
    for _ in range(4):
        seen.append(caller.send("GET", "/films/41").body)
        caller.clock.advance(5)
    assert seen == [
        [41, "cast", 0, None, None],
        [41, "rolling", 0, None, None],
        [41, "rolling", 49, None, None],
        [41, "screened", 100, "http://mock.test/_files/acme/41/video.mp4", None],
    ]
    assert shoot(caller).body == {"film": {"number": 42}}


def test_it_is_paid_when_it_succeeds(contract: Contract) -> None:
    caller = acme(contract, credits=5)
    shoot(caller)
    assert caller.send("GET", "/purse").body == {"coins": 5}
    assert shoot(caller).body == {"oops": "E-COIN", "why": "no coins"}  # 3 of the 5 are promised
    caller.clock.advance(60)
    assert caller.send("GET", "/purse").body == {"coins": 2}
    shoot(caller, minutes=1)
    caller.send("DELETE", "/films/42")
    assert caller.send("GET", "/purse").body == {"coins": 2}


def test_its_errors_are_its_own(contract: Contract) -> None:
    caller = acme(contract)
    assert shoot(caller, script="too long").body["oops"] == "E-SCRIPT"
    assert "bad script: /script: the value is longer than 5" in shoot(caller, script="too long").body["why"]
    assert shoot(caller, minutes=4).status == 409
    assert caller.send("GET", "/films/7").body == {"oops": "E-GONE", "why": "gone"}
    assert caller.send("GET", "/films/x").status == 409
    assert caller.send("GET", "/films", query={"n": 6}).status == 409
    assert caller.send("GET", "/purse", headers={"X-Acme-Pass": "Bearer x"}).status == 403
    for case in contract.errors.values():
        reply = caller.send("POST", "/films", SHOOT, key=f"mock-{case.id}")
        assert (reply.status, reply.body["oops"]) == (case.status, case.code)


def test_it_cancels_lists_fails_and_expires(contract: Contract) -> None:
    caller = acme(contract)
    shoot(caller)
    assert caller.send("DELETE", "/films/41").status == 202
    assert caller.send("GET", "/films/41").body == [41, "burnt", 100, None, "E-LATE"]
    assert caller.send("DELETE", "/films/41").body == {"oops": "E-LATE", "why": "late in burnt"}
    caller.send("POST", "/films", SHOOT, headers={"X-Mock-Scenario": "generation_failed"})
    assert caller.send("GET", "/films/42/file").body == {"oops": "E-LATE", "why": "late in cast"}
    caller.clock.advance(50)
    assert caller.send("GET", "/films/42").body == [42, "burnt", 100, None, "E-REEL"]
    assert caller.send("GET", "/films").body == ["42", "41"]
    shoot(caller)
    caller.clock.advance(20)
    asset = caller.send("GET", "/films/43/file").body
    assert (asset.kind, asset.output.height, asset.output.duration_s) == ("video", 90, 2.0)
    caller.clock.advance(100)
    assert caller.send("GET", "/films/43/file").body["oops"] == "E-GONE"
    caller.clock.advance(1000)
    assert caller.send("GET", "/films/43").body["oops"] == "E-GONE"


def test_its_limits_hold_when_they_are_on(contract: Contract) -> None:
    caller = acme(contract, limits=True)
    assert [shoot(caller).status for _ in range(3)] == [201, 201, 420]
    caller.clock.advance(15.001)
    states = [caller.send("GET", f"/films/{number}").body[1] for number in (41, 42)]
    assert states == ["screened", "cast"]  # the second waited for the first
    caller.clock.advance(15)
    assert caller.send("GET", "/films/42").body[1] == "screened"


def test_a_single_model_without_a_name_needs_no_model_file(folder: Path) -> None:
    home = folder / "acme"
    (home / "models" / "noir.yaml").unlink()
    plain = OPENAPI.replace(
        "              oneOf: [{$ref: models/noir.yaml}]\n"
        "              discriminator: {propertyName: style, mapping: {noir: models/noir.yaml}}\n",
        "              {type: object, required: [script], properties: {script: {type: string}, minutes: {type: integer}}}\n",
    )
    (home / "openapi.yaml").write_text(plain, "utf-8")
    caller = acme(load("acme", root=folder))
    assert shoot(caller).status == 201
    assert caller.send("POST", "/films", {}).body["oops"] == "E-SCRIPT"
    assert caller.send("POST", "/films", []).body["oops"] == "E-SCRIPT"


def test_a_new_model_is_one_new_file(folder: Path) -> None:
    western = NOIR.replace("noir", "western").replace("[10, 10]", "[20, 20]")
    (folder / "acme" / "models" / "western.yaml").write_text(western, "utf-8")
    caller = acme(load("acme", root=folder))
    assert caller.send("POST", "/films", {**SHOOT, "style": "western"}).status == 201


def test_two_providers_that_claim_one_path_are_refused(contract: Contract, folder: Path) -> None:
    (folder / "acme").rename(folder / "acme2")
    with pytest.raises(ValueError, match=r"POST /films is served twice"):
        Engine([contract, load("acme2", root=folder)], clock=Caller(contract).clock)


def test_an_unknown_provider_is_named_with_the_known_ones(folder: Path) -> None:
    with pytest.raises(ContractError, match=r"^no provider 'nobody'; there are acme$"):
        load("nobody", root=folder)
