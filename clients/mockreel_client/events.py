"""A callback as a value that means the same with every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockreel_client.callback_errors import MalformedBody, listed
from mockreel_client.values import UnreadableError, number, phase_of, read, text, texts
from mockreel_contracts import Contract, Phase, pointer


@dataclass(frozen=True, slots=True)
class CallbackEvent:
    """What a callback says: task `task_id` has come to `state`.

    `state` is the provider's word; `phase` says what it means, and is None for a word that the contract does not know.
    `urls` are those of the results. `timestamp` is when it was signed, in Unix seconds. `body` is the JSON as received.

    `is_verified` is False where no secret was given. `is_body_signed` is False where the signature does not cover the
    body: then somebody who has seen one genuine callback can send other contents with its headers while they are
    fresh, so ask the provider for the task before acting on what the body says.
    """

    provider: str
    task_id: str
    state: str
    phase: Phase | None
    urls: tuple[str, ...]
    error_code: str | None
    error_message: str | None
    credits: float | None
    timestamp: float | None
    is_verified: bool
    is_body_signed: bool
    body: Mapping[str, Any] = field(hash=False)

    @property
    def is_terminal(self) -> bool:
        """Whether the task stays in this state; False for a state that is not known."""
        return self.phase is not None and self.phase.is_terminal

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two deliveries the same event: provider, task and state."""
        return self.provider, self.task_id, self.state


def read_event(
    contract: Contract,
    document: Mapping[str, Any],
    *,
    timestamp: float | None,
    is_verified: bool,
    is_body_signed: bool,
) -> CallbackEvent:
    """Make the event of `{body, headers}`. Raises MalformedBody where the contract is not kept.

    Unknown fields are let through, and so is an unknown state: providers add both without notice.
    """
    rules, body = contract.callback, document["body"]
    if rules is None:
        raise ValueError(f"{contract.provider} sends no callbacks")
    state = read(rules.reads.get("state"), document)
    if rules.body is not None:
        places = _places_of_state(contract) if isinstance(state, str) and state else frozenset()
        found = tuple(v for v in rules.body.violations(body) if v.pointer not in places)
        if found:
            count = "1 rule" if len(found) == 1 else f"{len(found)} rules"
            raise MalformedBody(f"the body breaks {count} of the contract: {listed(found)}", found)
    try:
        word = text("state", state)
        if word is None:
            raise MalformedBody("the body names no state")
        error_code = text("error_code", read(rules.reads.get("error_code"), document))
        return CallbackEvent(
            provider=contract.provider,
            task_id=read_task_id(contract, document),
            state=word,
            phase=phase_of(contract, word, error_code),
            urls=texts("urls", read(rules.reads.get("urls"), document)),
            error_code=error_code,
            error_message=text("error_message", read(rules.reads.get("error_message"), document)),
            credits=number("credits", read(rules.reads.get("credits"), document)),
            timestamp=timestamp,
            is_verified=is_verified,
            is_body_signed=is_body_signed,
            body=body,
        )
    except UnreadableError as error:
        raise MalformedBody(str(error)) from None


def read_task_id(contract: Contract, document: Mapping[str, Any]) -> str:
    """Return the id of the task that a callback is about. Raises MalformedBody when it names none."""
    expression = contract.callback.reads.get("task_id") if contract.callback else None
    try:
        task_id = text("task_id", read(expression, document))
    except UnreadableError as error:
        raise MalformedBody(str(error)) from None
    if task_id is None:
        raise MalformedBody("the body names no task")
    return task_id


def _places_of_state(contract: Contract) -> frozenset[str]:
    """Return the pointers into the body at which the contract finds the state, as far as it names them plainly."""
    paths = [path.strip().split(".") for path in contract.behavior["callback"]["reads"]["state"].split("||")]
    return frozenset(
        pointer.of(names[1:]) for names in paths if names[0] == "body" and all(name.isidentifier() for name in names)
    )
