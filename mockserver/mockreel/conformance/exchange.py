"""The record of a run: what was sent with which intent, and what came. Plain values; checks look at nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from mockreel.conformance.wire import parsed
from mockreel_contracts import Contract, Model, Operation, Phase

Kind = Literal["accept", "refuse", "any"]


@dataclass(frozen=True, slots=True)
class Intent:
    """What an exchange was for.

    `kind` says whether the contract wants it accepted or refused, or leaves that open. Of one to be refused, `refusal`
    is the kind (a key of `DEFAULT_REFUSALS`, such as `unknown_task`, or `error` for a case asked for by name), `case`
    the ErrorCase that the contract answers it with, `rule` what it breaks in words ("/input/prompt maxLength 10000"),
    `keyword` that rule's keyword. `pointer` is the place in the contract that says so. `axis` names what a request to
    be accepted is at the edge of ("/input/prompt maxLength 10000"), if anything.
    """

    probe: str
    kind: Kind = "any"
    refusal: str = ""
    case: str = ""
    rule: str = ""
    keyword: str = ""
    pointer: str = ""
    axis: str = ""


@dataclass(frozen=True)
class Exchange:
    """One request and what came back.

    `key` is the role of the API key that was sent (`own`, `other`, `wrong`, `none` …), never the key itself. `at_ms` is
    the server's time as far as it is known, in Unix milliseconds; `task` the number of the Trial that it is about.
    `problem` says why no answer came (then `status` is 0). Header names are lower-case.
    """

    number: int
    at_ms: int
    intent: Intent
    operation: Operation | None
    key: str
    method: str
    url: str
    sent_headers: Mapping[str, str]
    sent: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    problem: str = ""
    task: int | None = None
    took_s: float = 0.0

    @cached_property
    def json(self) -> Any:
        """The body of the answer as JSON, None where it is none or too deep."""
        return parsed(self.body)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One callback that reached the receiver, and what it was answered."""

    number: int
    at_ms: int
    task: int | None
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    answered: int


@dataclass(slots=True)
class Trial:
    """A task that the run made. `plan` is the phase that it was asked to end in, None where nobody could ask.

    `price` is what the contract says it costs, None where no row fits. `scenario` is what the control was asked for.
    """

    number: int
    key: str
    model: Model
    body: Any
    price: Decimal | None
    plan: Phase | None
    scenario: str = ""
    task_id: str = ""
    callback_url: str = ""
    submit: Exchange | None = None
    is_watched_closely: bool = False
    """Whether it was looked at so often that no state can have passed unseen."""
    is_over: bool = False
    """Whether all that the run wanted of it has been done."""


@dataclass(slots=True)
class Record:
    """Everything that happened, in order. `missed` says for each probe why it did not do all that it could."""

    contract: Contract
    exchanges: list[Exchange] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    missed: dict[str, list[str]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    """What signs callbacks, by its name in the contract: `api_key`, `callback_secret`; the API keys of fresh accounts
    are `api_key ROLE`. Never written to a report."""
    is_steered: bool = False
    """Whether outcomes were chosen: then every `at_ms` is the server's own time."""
    speed: float = 1.0
    """What the server divides the contract's durations by, as far as it is known."""
    memory: dict[int, Any] = field(default_factory=dict, repr=False, compare=False)
    """What has been read of exchanges, by their numbers: an answer is read once."""

    def about(self, trial: Trial) -> list[Exchange]:
        """Return the exchanges about one task, in order."""
        return [exchange for exchange in self.exchanges if exchange.task == trial.number]

    def looks(self, trial: Trial) -> list[Exchange]:
        """Return the queries of one task by its own key, in order."""
        return [e for e in self.about(trial) if e.operation and e.operation.role == "query" and e.key == trial.key]

    def of(self, probe: str) -> list[Exchange]:
        """Return the exchanges of one probe, in order."""
        return [exchange for exchange in self.exchanges if exchange.intent.probe == probe]

    def miss(self, probe: str, why: str) -> None:
        """Note why a probe could not do something; the same reason once."""
        reasons = self.missed.setdefault(probe, [])
        if why not in reasons:
            reasons.append(why)
