"""One edit at a time: what is said of it, to whom it matters, and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mockreel_contracts.diff import worst
from tests.diff import small

NOIR = "models/noir.yaml#/properties"
CREATE = "openapi.yaml#/paths/~1films/post"
LOOK = "openapi.yaml#/paths/~1films~1{number}/get"
SCHEMAS = "openapi.yaml#/components/schemas"
LIFE = "behavior.yaml#/lifecycle"
ERRORS = "behavior.yaml#/errors"
FACT = {"source": "us", "confidence": "documented"}
CASE = {"status": 418, "code": "E3", "message": "tea", "stages": ["submit"], "retryable": False, **FACT}
PRICES = "models/noir.yaml#/x-mockreel/credits"
ONE, REST = {"when": {"duration_s": 1}, "credits": 5, **FACT}, {"credits": 8, **FACT}
B, S, U = "breaking", "safe", "unknown"

EDITS: list[tuple[str, str, Any, str, str, str]] = [
    # name, place and patch, callers, servers, pointer
    ("a new required property", "models/noir.yaml#/required", ["style", "script", "grain"], B, B, "/required"),
    ("a property not required any more", "models/noir.yaml#/required", ["style"], S, B, "/required"),
    ("a new optional property", NOIR, {"tone": {"type": "string"}}, S, B, "/properties/tone"),
    ("a property that is gone", NOIR, {"ring": None}, B, S, "/properties/ring"),
    ("a greater maxLength", NOIR + "/script", {"maxLength": 60}, S, B, "/properties/script/maxLength"),
    ("a smaller maxLength", NOIR + "/script", {"maxLength": 40}, B, B, "/properties/script/maxLength"),
    ("no maxLength", NOIR + "/script", {"maxLength": None}, S, B, "/properties/script/maxLength"),
    ("a smaller maximum", NOIR + "/minutes", {"maximum": 2}, B, B, "/properties/minutes/maximum"),
    ("the same bound in other words", NOIR + "/minutes", {"maximum": None, "exclusiveMaximum": 4}, "", "", ""),
    ("a lower minimum", NOIR + "/minutes", {"minimum": 0}, S, B, "/properties/minutes/minimum"),
    ("another default", NOIR + "/minutes", {"default": 1}, B, B, "/properties/minutes/default"),
    ("a fraction is taken", NOIR + "/minutes", {"type": "number"}, S, B, "/properties/minutes/type"),
    ("another type", NOIR + "/script", {"type": "integer"}, B, B, "/properties/script/type"),
    ("a word less", NOIR + "/grain", {"enum": ["fine", 4]}, B, B, "/properties/grain/enum"),
    ("a word more", NOIR + "/grain", {"enum": ["fine", "coarse", 4, 5]}, S, B, "/properties/grain/enum"),
    ("the words in another order", NOIR + "/grain", {"enum": [4.0, "coarse", "fine"]}, "", "", ""),
    ("any word", NOIR + "/grain", {"enum": None}, S, B, "/properties/grain/enum"),
    ("a pattern", NOIR + "/script", {"pattern": "^x"}, B, B, "/properties/script/pattern"),
    ("another pattern", NOIR + "/cast/items", {"pattern": "^[a-z]*$"}, U, U, "/properties/cast/items/pattern"),
    ("no pattern", NOIR + "/cast/items", {"pattern": None}, S, B, "/properties/cast/items/pattern"),
    ("more items", NOIR + "/cast", {"maxItems": 5}, S, B, "/properties/cast/maxItems"),
    ("items that differ", NOIR + "/cast", {"uniqueItems": True}, B, B, "/properties/cast/uniqueItems"),
    ("no format", NOIR + "/ring", {"format": None}, S, B, "/properties/ring/format"),
    ("other properties", NOIR + "/frame", {"additionalProperties": True}, S, B, "/frame/additionalProperties"),
    ("a property where none was", NOIR + "/frame/properties", {"d": {"type": "number"}}, S, B, "/frame/properties/d"),
    ("a property in the closed", NOIR + "/frame/properties", {"h": None}, B, B, "/frame/properties/h"),
    ("another condition", "models/noir.yaml#/if/properties/grain", {"const": "coarse"}, U, U, "/if"),
    ("a stricter then", "models/noir.yaml#/then/properties/minutes", {"maximum": 1}, B, B, "/then/properties/minutes"),
    ("no condition", "models/noir.yaml#", {"if": None}, S, B, "/if"),
    ("asked for beside", "models/noir.yaml#/dependentRequired", {"frame": ["minutes", "ring"]}, B, B, "Required/frame"),
    ("not asked for beside", "models/noir.yaml#", {"dependentRequired": None}, S, B, "Required/frame"),
    ("a keyword that is not known", NOIR + "/script", {"sparkle": 3}, U, U, "/properties/script/sparkle"),
    ("a text", NOIR + "/script", {"description": "Else."}, "", "", ""),
    ("a model that is gone", "models/color.yaml#/properties/style", {"const": "colour"}, B, B, "color.yaml#"),
    ("a required parameter", LOOK, {"parameters": [{"name": "a", "in": "query", "required": True}]}, B, B, "/param"),
    ("an optional header", LOOK, {"parameters": [
        {"name": "detail", "in": "query", "schema": {"enum": ["short", "long"]}}, {"name": "A", "in": "header"}]},
        S, B, "/parameters/1"),
    ("no parameter", LOOK, {"parameters": None}, B, S, "/parameters/0"),
    ("an operation is gone", "", {"openapi.yaml": {"paths": {"/purse": None}}, "behavior.yaml": {
        "operations": {"purse": None}}}, B, S, "/paths/~1purse/get"),
    ("an operation is new", "openapi.yaml#/paths/~1purse", {"put": {"operationId": "fill"}}, S, B, "/~1purse/put"),
    ("the body is optional", CREATE + "/requestBody", {"required": False}, S, B, "/requestBody"),
    ("another media type", CREATE + "/requestBody/content", {"text/csv": {}}, S, B, "/content/text~1csv"),
    ("a state more", SCHEMAS + "/Film/properties/state", {"enum": ["cast", "rolling", "screened", "burnt", "cut"]},
        B, S, "/Film/properties/state/enum"),
    ("a state less", SCHEMAS + "/Film/properties/state", {"enum": ["cast", "rolling", "screened"]}, S, B, "state/enum"),
    ("a property less in an answer", SCHEMAS + "/Film/properties", {"progress": None}, B, S, "/properties/progress"),
    ("a property more in an answer", SCHEMAS + "/Film/properties", {"cost": {}}, S, S, "/Film/properties/cost"),
    ("one that must be", SCHEMAS + "/Film", {"required": ["number", "state", "why"]}, S, B, "/Film/required"),
    ("one that may be missing", SCHEMAS + "/Film", {"required": ["number"]}, B, S, "/Film/required"),
    ("null in an answer", SCHEMAS + "/Made/properties/number", {"type": ["string", "null"]}, B, S, "/number/type"),
    ("a wider range in an answer", SCHEMAS + "/Film/properties/progress", {"maximum": 200}, B, S, "/progress/maximum"),
    ("another status", LOOK + "/responses", {"202": {"description": "wait"}}, B, S, "/responses/202"),
    ("an error less", LOOK + "/responses", {"4XX": None}, S, B, "/responses/4XX"),
    ("a header less", LOOK + "/responses/200", {"headers": None}, B, S, "/headers/X-Reel"),
    ("no callback", "", {"openapi.yaml": {"paths": {"/films": {"post": {"callbacks": None}}}}, "behavior.yaml": {
        "callback": None}}, B, S, "/callbacks/onEnd"),
    ("another way in", "openapi.yaml#", {"security": [{"bearer": []}, {"pass": []}]}, S, B, "/security"),
    ("only another way in", "openapi.yaml#", {"security": [{"pass": []}]}, B, B, "/security"),
    ("another server", "openapi.yaml#", {"servers": [{"url": "https://f.example"}]}, B, S, "/servers"),
    ("errors in the status", "behavior.yaml#/transport", {"errors": "http"}, B, B, "/transport/errors"),
    ("another header of the key", "behavior.yaml#/auth", {"header": "X-Key"}, B, B, "/auth/header"),
    ("one scheme more", "behavior.yaml#/auth", {"schemes": ["bearer", "Token"]}, S, B, "/auth/schemes"),
    ("read elsewhere", "behavior.yaml#/operations/shoot/reads", {"prompt": "body.text"}, U, U, "/reads/prompt"),
    ("answered elsewhere", "behavior.yaml#/operations/look/answer", {"state": "body.s"}, U, U, "/answer/state"),
    ("another refusal", "behavior.yaml#/refusals", {"unknown_task": "invalid_request"}, B, B, "/refusals/unknown_task"),
    ("a larger file", "behavior.yaml#/inputs/photo", {"max_bytes": 2000}, S, B, "/inputs/photo/max_bytes"),
    ("a narrower ratio", "behavior.yaml#/inputs/photo", {"ratio": [1, 2]}, B, B, "/inputs/photo/ratio"),
    ("a type of file less", "behavior.yaml#/inputs/photo", {"types": ["image/png"]}, B, B, "/inputs/photo/types"),
    ("another answer status", "behavior.yaml#/replies/submit", {"status": 201}, B, B, "/replies/submit/status"),
    ("less in a reply", "behavior.yaml#/replies/query/body", {"why": None}, B, S, "/replies/query/body/why"),
    ("more in a reply", "behavior.yaml#/replies/query/body", {"x": 1}, S, B, "/replies/query/body/x"),
    ("a new error", ERRORS, {"tea": CASE}, B, S, "/errors/tea"),
    ("another status of an error", ERRORS + "/not_found", {"status": 410}, B, B, "/errors/not_found/status"),
    ("another code of an error", ERRORS + "/not_found", {"code": "E44"}, B, B, "/errors/not_found/code"),
    ("another message", ERRORS + "/not_found", {"message": "away"}, S, S, "/errors/not_found/message"),
    ("not to be tried again", ERRORS + "/maintenance", {"retryable": False}, B, S, "/errors/maintenance/retryable"),
    ("to be tried again", ERRORS + "/not_found", {"retryable": True}, S, S, "/errors/not_found/retryable"),
    ("billed", ERRORS + "/generation_failed", {"billed": True}, B, B, "/errors/generation_failed"),
    ("at another stage", ERRORS + "/not_found", {"stages": ["query", "submit"]}, B, S, "/errors/not_found/stages"),
    ("without Retry-After", ERRORS + "/rate_limited", {"headers": None}, B, S, "/rate_limited/headers/Retry-After"),
    ("a new state", LIFE + "/states", {"rolling": {"next": ["screened", "burnt", "cut"]}, "cut": {
        "phase": "canceled", **FACT}}, B, S, "/lifecycle/states/cut"),
    ("a new transition", LIFE + "/states/cast", {"next": ["rolling", "burnt"]}, B, S, "/states/cast/next/1"),
    ("another word", LIFE + "/states/screened", {"wire": "shown"}, B, B, "/lifecycle/states/screened"),
    ("slower", LIFE + "/states/cast", {"duration_s": [5, 9]}, U, S, "/states/cast/duration_s"),
    ("quicker", LIFE + "/states/cast", {"duration_s": [1, 2]}, S, U, "/states/cast/duration_s"),
    ("forgotten sooner", LIFE, {"retention_s": 900}, B, S, "/lifecycle/retention_s"),
    ("links that live longer", LIFE, {"asset_life_s": 200}, S, B, "/lifecycle/asset_life_s"),
    ("expired sooner", LIFE, {"expires": [{"after_s": 400, "to": "late", "error": "internal_error", **FACT}]},
        B, B, "/lifecycle/expires/0/after_s"),
    ("a higher price", PRICES[:-8], {"credits": [ONE, {**REST, "credits": 9}]}, B, B, "/x-mockreel/credits/1"),
    ("a lower price", PRICES[:-8], {"credits": [{**ONE, "credits": 4}, REST]}, S, B, "/x-mockreel/credits/0"),
    ("the prices in another order", PRICES[:-8], {"credits": [REST, ONE]}, B, B, "/x-mockreel/credits/0"),
    ("a price by the second", PRICES[:-8], {"credits": [ONE, {"per_second": 8, **FACT}]}, U, B, "/credits/1"),
    ("a dearer credit", "behavior.yaml#/credits", {"usd": 0.02}, B, S, "/credits/usd"),
    ("charged later", "behavior.yaml#/credits", {"charge": "success"}, B, B, "/credits/charge"),
    ("not given back", "behavior.yaml#/credits", {"refund": []}, B, B, "/credits/refund"),
    ("a surcharge", "behavior.yaml#/credits", {"adjust": [{"when": {"duration_s": 3}, "plus": 2, **FACT}]},
        B, B, "/credits/adjust/0"),
    ("a lower rate", "behavior.yaml#/limits/rate", {"requests": 10}, B, B, "/limits/rate"),
    ("twice in twice the time", "behavior.yaml#/limits/rate", {"requests": 40, "per_s": 20}, U, U, "/limits/rate"),
    ("more tasks at once", "behavior.yaml#/limits/concurrency", {"tasks": 6}, S, B, "/limits/concurrency/tasks"),
    ("the excess is refused", "behavior.yaml#/limits/concurrency", {"excess": "refuse"}, B, B, "/concurrency/excess"),
    ("smaller bodies", "behavior.yaml#/limits/body_bytes", {"max": 4000}, B, B, "/limits/body_bytes/max"),
    ("other ids", "behavior.yaml#/ids", {"task": "{digits:9}"}, U, B, "/ids/task"),
    ("slower looks", "behavior.yaml#/polling", {"interval_s": [5, 10]}, U, S, "/polling/interval_s"),
    ("fewer repetitions", "behavior.yaml#/callback/events/screened", {"retries_s": [5]}, B, B, "/screened/retries_s"),
    ("more repetitions", "behavior.yaml#/callback/events/screened", {"retries_s": [5, 10, 20]}, S, B, "/retries_s"),
    ("one event less", "behavior.yaml#/callback/events", {"burnt": None}, B, B, "/callback/events/burnt"),
    ("signed otherwise", "behavior.yaml#/callback/signature", {"encoding": "hex"}, B, B, "/callback/signature"),
    ("not signed", "behavior.yaml#/callback", {"signature": None}, B, S, "/callback/signature"),
    ("a default in words", "behavior.yaml#/callback/signature", {"encoding": "base64", "tolerance_s": 300}, *[""] * 3),
    ("less patience", "behavior.yaml#/callback", {"timeout_s": 5}, B, S, "/callback/timeout_s"),
    ("no callbacks at all", "behavior.yaml#", {"callback": None}, B, S, "/callback"),
    ("no profile", "behavior.yaml#", {"profiles": None}, B, B, "/profiles/shy"),
    ("another source", "behavior.yaml#/ids", {"confidence": "assumed", "note": "Who knows."}, "", "", ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.write(tmp_path_factory.mktemp("before") / "films", small.FILES)


def test_there_are_enough_edits_and_each_has_its_name() -> None:
    assert len(EDITS) >= 60
    assert len({edit[0] for edit in EDITS}) == len(EDITS)


@pytest.mark.parametrize(
    ("place", "patch", "callers", "servers", "at"), [e[1:] for e in EDITS], ids=[e[0] for e in EDITS]
)
def test_an_edit_is_judged(
    place: str, patch: Any, callers: str, servers: str, at: str, before: Path, tmp_path: Path
) -> None:
    after = small.write(tmp_path / "films", small.edited(place, patch))
    changes = small.behavior(small.read(before), small.read(after))
    if not callers:
        assert changes == []
        return
    said = [(c.text, c.breaks.callers.verdict, c.breaks.servers.verdict) for c in changes]
    assert (worst(c.breaks.callers.verdict for c in changes), worst(c.breaks.servers.verdict for c in changes)) == (
        callers,
        servers,
    ), said
    pointers = [where.pointer for c in changes for where in (c.a, c.b) if where]
    assert any(at in pointer and pointer.startswith(place.split("#")[0]) for pointer in pointers), pointers
    assert all(where.line > 0 for c in changes for where in (c.a, c.b) if where)
    assert all(effect.why for c in changes for effect in (c.breaks.callers, c.breaks.servers))


def test_prices_and_durations_of_a_model_file_that_was_renamed_are_compared(tmp_path: Path) -> None:
    """What it is called in the contract is nothing to anybody; what it costs is."""
    old = small.read(small.write(tmp_path / "a", small.FILES))
    moved = json.loads(json.dumps(small.FILES).replace("models/noir.yaml", "models/darker.yaml"))
    assert small.behavior(old, small.read(small.write(tmp_path / "same", moved))) == []
    moved["models/darker.yaml"]["x-mockreel"]["credits"][1]["credits"] += 1
    moved["models/darker.yaml"]["x-mockreel"]["duration_s"] = {"rolling": [1, 2]}
    dearer = small.behavior(old, small.read(small.write(tmp_path / "b", moved)))
    assert {change.b.pointer for change in dearer if change.b} == {
        "models/darker.yaml#/x-mockreel/duration_s/rolling",
        "models/darker.yaml#/x-mockreel/credits/1",
    }
