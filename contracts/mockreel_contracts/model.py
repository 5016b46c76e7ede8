"""A contract and its parts: immutable, compiled, and free of any I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from mockreel_contracts.callback import CallbackRules
from mockreel_contracts.client_side import ErrorReads, Polling
from mockreel_contracts.expressions import Expression
from mockreel_contracts.schema import Schema
from mockreel_contracts.template import Template

Role = Literal["submit", "query", "cancel", "balance", "list", "download"]

CANONICAL_CODES: Mapping[str, str] = {
    "401": "unauthorized",
    "402": "insufficient_credits",
    "404": "not_found",
    "422": "invalid_request",
    "429": "rate_limited",
    "455": "maintenance",
    "500": "internal_error",
    "501": "generation_failed",
    "505": "feature_disabled",
}
"""The codes by which every provider's error cases can be asked for, whatever code the provider itself sends."""


class Phase(StrEnum):
    """Where a task stands, in words that hold for every provider."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"

    @property
    def is_terminal(self) -> bool:
        """Whether a task in this phase stays in it."""
        return self not in (Phase.QUEUED, Phase.RUNNING)


@dataclass(frozen=True, slots=True)
class State:
    """One state of a lifecycle. `wire` is the provider's word; `duration_ms` and `progress` are (least, greatest)."""

    name: str
    wire: str
    phase: Phase
    next: tuple[str, ...]
    duration_ms: tuple[int, int]
    progress: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition on the values that an operation reads; empty always holds."""

    when: Mapping[str, Any]

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether every named value is as asked (5 equals 5.0, but true is not 1)."""
        for name, wanted in self.when.items():
            value = values.get(name)
            if value != wanted or isinstance(value, bool) != isinstance(wanted, bool):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Expiry:
    """Tasks that `rule` fits end in state `to`, carrying `error`, when they are not done after `after_ms`."""

    rule: Rule
    after_ms: int
    to: str
    error: str


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How a task lives."""

    initial: str
    states: Mapping[str, State]
    failure: str
    cancellation: str
    expiries: tuple[Expiry, ...]
    retention_ms: int
    asset_life_ms: int

    def way(self, phase: Phase = Phase.SUCCEEDED) -> tuple[State, ...]:
        """Return the states of a task that ends in `phase`: every one on the way, none skipped."""
        path = [self.states[self.initial]]
        while not path[-1].phase.is_terminal:
            path.append(self.states[path[-1].next[0]])
        if phase is Phase.SUCCEEDED:
            return tuple(path)
        path.pop()
        while path:
            for name in path[-1].next:
                if self.states[name].phase is phase:
                    return (*path, self.states[name])
            path.pop()
        raise ValueError(f"no state of phase {phase} can be reached")

    def exit(self, state: State, phase: Phase) -> State | None:
        """Return the state of `phase` that `state` can go to directly, or None."""
        return next((self.states[name] for name in state.next if self.states[name].phase is phase), None)


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """One way a provider says no. `status` is HTTP's, `code` the body's; they are separate facts.

    `like` is the provider-neutral case that calls for the same reaction of a client.
    """

    id: str
    status: int
    code: int | str
    reason: str
    message: str
    task_code: str
    task_message: str
    headers: Mapping[str, str]
    like: str
    stages: tuple[str, ...]
    retryable: bool
    billed: bool
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Price:
    """A row of a price table, in credits: fixed, or by second of video."""

    rule: Rule
    credits: Decimal
    is_per_second: bool


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A surcharge (`plus`) or a discount (`times`) on a price."""

    rule: Rule
    plus: Decimal
    times: Decimal


@dataclass(frozen=True, slots=True)
class Credits:
    """When tasks are paid for and when they are not. `usd` is the price of one credit, or None."""

    charge: Literal["submit", "success"]
    refund: tuple[Phase, ...]
    usd: Decimal | None
    prices: tuple[Price, ...]
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One value of a submit operation's `model` and all that is known of it."""

    name: str
    file: str
    schema: Schema
    facts: Mapping[str, Any]
    duration_ms: Mapping[str, tuple[int, int]]
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query or path parameter. `kind` is its JSON type, to which the text of the URL is converted first."""

    name: str
    where: Literal["query", "path"]
    is_required: bool
    kind: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint. `body` is None where a request has none; `models` is empty except for submit."""

    id: str
    role: Role
    method: str
    path: str
    reads: Mapping[str, Expression]
    answer: Mapping[str, Expression]
    places: Mapping[str, tuple[str, ...]]
    """Where in the body of a good answer the names of `answer` stand, as the keys that lead there."""
    reply: str
    refusals: Mapping[str, Any]
    link_life_ms: int | None
    parameters: tuple[Parameter, ...]
    body: Schema | None
    is_body_required: bool
    models: Mapping[str, Model]
    discriminator: str
    default_model: str | None
    """The model of a request that names none: the first whose schema does not require the discriminator."""


@dataclass(frozen=True, slots=True)
class Reply:
    """How an answer is made."""

    status: int
    body: Template


@dataclass(frozen=True, slots=True)
class InlineInput:
    """What data: URIs in a request must be like. `ratio` is width / height."""

    name: str
    find: Expression
    types: tuple[str, ...]
    max_bytes: int | None
    ratio: tuple[float, float] | None
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` submits in any `window_ms`, by API key."""

    requests: int
    window_ms: int


@dataclass(frozen=True, slots=True)
class ConcurrencyLimit:
    """At most `tasks` unfinished tasks by API key; the excess is refused, or waits in its first state."""

    tasks: int
    excess: Literal["refuse", "queue"]


@dataclass(frozen=True, slots=True)
class Auth:
    """Where the API key is found. A scheme is matched without regard to case."""

    header: str
    schemes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """All that is known of one provider, under one profile."""

    provider: str
    title: str
    profile: str
    profiles: tuple[str, ...]
    base_url: str
    errors_in: Literal["body", "http"]
    error_reads: ErrorReads
    polling: Polling
    auth: Auth
    operations: Mapping[str, Operation]
    refusals: Mapping[str, Any]
    replies: Mapping[str, Reply]
    lifecycle: Lifecycle
    errors: Mapping[str, ErrorCase]
    credits: Credits
    inputs: tuple[InlineInput, ...]
    max_body_bytes: int | None
    rate: RateLimit | None
    concurrency: ConcurrencyLimit | None
    id_format: str
    callback: CallbackRules | None
    """None where the provider calls nobody back."""
    openapi: Mapping[str, Any]
    """The OpenAPI document with everything it refers to bundled in."""
    behavior: Mapping[str, Any]
    """behavior.yaml as read, with the profile's patches applied."""

    @property
    def models(self) -> Mapping[str, Model]:
        """Every model of every submit operation, by name."""
        return {name: model for operation in self.by_role("submit") for name, model in operation.models.items()}

    def by_role(self, role: Role) -> tuple[Operation, ...]:
        """Return the operations with this role, in the contract's order."""
        return tuple(operation for operation in self.operations.values() if operation.role == role)

    def find_error(self, word: str) -> ErrorCase | None:
        """Return the ErrorCase of an id, a canonical code, a body code or a reason, tried in this order."""
        if not word:
            return None
        case = self.errors.get(word) or self.errors.get(CANONICAL_CODES.get(word, ""))
        if case is not None:
            return case
        return next((case for case in self.errors.values() if word in (str(case.code), case.reason)), None)

    def refusal(self, kind: str, operation: Operation | None = None, keyword: str = "") -> ErrorCase:
        """Return the ErrorCase that answers a kind of refusal; for `invalid`, by the JSON Schema keyword broken."""
        for table in (operation.refusals if operation else {}, self.refusals):
            choice = table.get(kind)
            if isinstance(choice, str):
                return self.errors[choice]
            if choice is not None:
                return self.errors[choice.get(keyword, choice["default"])]
        if kind == "wrong_method" and "method_not_allowed" in self.errors:
            return self.errors["method_not_allowed"]
        return self.errors[DEFAULT_REFUSALS[kind]]


DEFAULT_REFUSALS: Mapping[str, str] = {
    "unauthorized": "unauthorized",
    "unknown_route": "not_found",
    "wrong_method": "not_found",
    "malformed": "invalid_request",
    "too_large": "invalid_request",
    "unknown_model": "invalid_request",
    "invalid": "invalid_request",
    "unknown_task": "not_found",
    "rate_limited": "rate_limited",
    "too_many_tasks": "rate_limited",
    "insufficient_credits": "insufficient_credits",
    "not_cancelable": "invalid_request",
    "not_ready": "invalid_request",
    "expired": "not_found",
    "foreign_url": "invalid_request",
}
"""The ErrorCase that answers each kind of refusal where a contract does not say otherwise."""
