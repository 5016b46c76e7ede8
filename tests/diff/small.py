"""A small contract of a provider that does not exist, and ways to change it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from mockreel_contracts import pointer
from mockreel_contracts.diff import Change, Side, compare, sides

OPENAPI = """\
openapi: 3.1.0
info: {title: Films, version: "1"}
servers: [{url: "https://films.example"}]
security: [{bearer: []}]
paths:
  /films:
    post:
      operationId: shoot
      requestBody:
        required: true
        content:
          application/json:
            schema:
              oneOf: [{$ref: models/noir.yaml}, {$ref: models/color.yaml}]
              discriminator: {propertyName: style, mapping: {noir: models/noir.yaml, color: models/color.yaml}}
      responses:
        "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Made"}}}}
        4XX: {description: refused, content: {application/json: {schema: {$ref: "#/components/schemas/Refusal"}}}}
      callbacks:
        onEnd:
          "{$request.body#/ring}":
            post:
              requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Film"}}}}
              responses: {"200": {description: taken}}
  /films/{number}:
    parameters: [{name: number, in: path, required: true, schema: {type: string, minLength: 1}}]
    get:
      operationId: look
      parameters: [{name: detail, in: query, schema: {enum: [short, long]}}]
      responses:
        "200":
          description: ok
          headers: {X-Reel: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Film"}}}
        4XX: {description: refused, content: {application/json: {schema: {$ref: "#/components/schemas/Refusal"}}}}
  /purse:
    get:
      operationId: purse
      responses: {"200": {description: ok}}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    pass: {type: apiKey, in: header, name: X-Pass}
  schemas:
    Made:
      type: object
      required: [number]
      properties: {number: {type: string}}
    Film:
      type: object
      required: [number, state]
      properties:
        number: {type: string}
        state: {enum: [cast, rolling, screened, burnt]}
        progress: {type: integer, minimum: 0, maximum: 100}
        why: {type: [string, "null"]}
    Refusal:
      type: object
      required: [oops]
      properties: {oops: {type: string}}
"""
COLOR = """\
type: object
required: [style, script]
properties:
  style: {const: color}
  script: {type: string}
x-mockreel:
  credits: [{credits: 9, source: us, confidence: documented}]
"""
NOIR = """\
type: object
required: [style, script]
properties:
  style: {const: noir}
  script: {type: string, minLength: 1, maxLength: 50, description: What happens.}
  minutes: {type: integer, minimum: 1, maximum: 3, default: 2}
  grain: {enum: [fine, coarse, 4]}
  cast: {type: array, maxItems: 4, items: {type: string, pattern: "^[a-z]+$"}}
  frame:
    type: object
    additionalProperties: false
    properties: {w: {type: number}, h: {type: number}}
  ring: {type: string, format: uri}
if: {required: [grain], properties: {grain: {const: fine}}}
then: {properties: {minutes: {maximum: 2}}}
dependentRequired: {frame: [minutes]}
x-mockreel:
  facts: {reel: silver}
  duration_s: {rolling: [10, 20]}
  credits:
    - {when: {duration_s: 1}, credits: 5, source: us, confidence: documented}
    - {credits: 8, source: us, confidence: documented}
"""
FACT = "source: us, confidence: documented"
BEHAVIOR = f"""\
version: 1
title: Films
sources: {{us: made up}}
transport: {{errors: body, reads: {{code: body.oops}}, {FACT}}}
auth: {{header: Authorization, schemes: [Bearer], {FACT}}}
operations:
  shoot:
    role: submit
    reads: {{prompt: body.script, duration_s: body.minutes, callback_url: body.ring, resolution: "'90p'"}}
    answer: {{task_id: body.number}}
    {FACT.replace(", ", chr(10) + "    ")}
  look: {{role: query, reads: {{task_id: path.number}}, answer: {{task_id: body.number, state: body.state}}, {FACT}}}
  purse: {{role: balance, answer: {{balance: body.coins}}, {FACT}}}
refusals: {{unknown_task: not_found}}
inputs:
  photo: {{find: body.photo, types: [image/png, image/jpeg], max_bytes: 1000, ratio: [0.5, 2], {FACT}}}
replies:
  submit: {{body: {{number: =task.id}}, {FACT}}}
  query: {{body: {{number: =task.id, state: =task.state, why: =task.error.task_message}}, {FACT}}}
  told: {{body: {{number: =task.id, state: =task.state}}, {FACT}}}
  balance: {{body: {{coins: =account.balance}}, {FACT}}}
  error: {{body: {{oops: =error.code}}, {FACT}}}
lifecycle:
  initial: cast
  states:
    cast: {{phase: queued, next: [rolling], duration_s: [5, 5], {FACT}}}
    rolling: {{phase: running, next: [screened, burnt], duration_s: [30, 60], {FACT}}}
    screened: {{phase: succeeded, {FACT}}}
    burnt: {{phase: failed, {FACT}}}
  failure: generation_failed
  retention_s: 1000
  asset_life_s: 100
  expires: [{{after_s: 500, to: lost, error: internal_error, {FACT}}}]
  {FACT.replace(", ", chr(10) + "  ")}
errors:
  unauthorized: {{status: 401, code: E1, message: no pass, stages: [auth], retryable: false, {FACT}}}
  insufficient_credits: {{status: 402, code: E2, message: no coins, stages: [submit], retryable: false, {FACT}}}
  not_found: {{status: 404, code: E4, message: gone, stages: [query], retryable: false, {FACT}}}
  invalid_request: {{status: 422, code: E5, message: "bad {{problems}}", stages: [submit], retryable: false, {FACT}}}
  rate_limited:
    {{status: 429, code: E6, message: calm, headers: {{Retry-After: "{{retry_after_s}}"}}, stages: [submit],
      retryable: true, {FACT}}}
  maintenance: {{status: 503, code: E7, message: paint, stages: [submit], retryable: true, {FACT}}}
  internal_error: {{status: 500, code: E8, message: fire, stages: [submit], retryable: true, {FACT}}}
  generation_failed: {{status: 500, code: E9, message: reel, stages: [task], retryable: false, {FACT}}}
  feature_disabled: {{status: 505, code: E0, message: shut, stages: [submit], retryable: false, {FACT}}}
credits: {{charge: submit, refund: [failed], usd: 0.01, {FACT}}}
limits:
  rate: {{requests: 20, per_s: 10, {FACT}}}
  concurrency: {{tasks: 5, excess: queue, {FACT}}}
  body_bytes: {{max: 5000, {FACT}}}
polling: {{interval_s: [2, 10], give_up_s: 600, {FACT}}}
ids: {{task: "film_{{hex:8}}", {FACT}}}
callback:
  events:
    screened: {{reply: told, retries_s: [5, 10], {FACT}}}
    burnt: {{reply: told, {FACT}}}
  reads: {{task_id: body.number, state: body.state}}
  timeout_s: 10
  signature:
    scheme: hmac-sha256
    key: callback_secret
    message: "{{timestamp}}.{{body}}"
    headers: {{X-Time: "{{timestamp}}", X-Sign: "{{signature}}"}}
    {FACT.replace(", ", chr(10) + "    ")}
  {FACT.replace(", ", chr(10) + "  ")}
profiles:
  shy: {{description: says less, patches: {{behavior.yaml: {{ids: {{task: "{{hex:9}}"}}}}}}}}
"""
BEHAVIOR = BEHAVIOR.replace("to: lost", "to: late").replace(
    f"    burnt: {{phase: failed, {FACT}}}\n",
    f"    burnt: {{phase: failed, {FACT}}}\n    late: {{phase: expired, wire: burnt, {FACT}}}\n",
)
FILES: dict[str, Any] = {
    name: yaml.safe_load(text)
    for name, text in (
        ("openapi.yaml", OPENAPI),
        ("models/noir.yaml", NOIR),
        ("models/color.yaml", COLOR),
        ("behavior.yaml", BEHAVIOR),
    )
}


def write(folder: Path, files: dict[str, Any]) -> Path:
    """Write contract files into a folder."""
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), "utf-8")
    return folder


def edited(place: str, patch: Any) -> dict[str, Any]:
    """Return the small contract with a JSON merge patch applied at FILE#/POINTER, or to all files."""
    if not place:
        return dict(pointer.merge(copy.deepcopy(FILES), patch))
    file, _, at = place.partition("#")
    for key in reversed(pointer.split(at)):
        patch = {key: patch}
    return {**copy.deepcopy(FILES), file: pointer.merge(copy.deepcopy(FILES[file]), patch)}


def read(folder: Path, profile: str = "documented") -> Side:
    """Read one folder or document."""
    return sides(str(folder), profile=profile)[""]


def behavior(a: Side, b: Side) -> list[Change]:
    """Return what changed but for texts."""
    return [change for change in compare(a, b) if change.kind == "behavior"]
