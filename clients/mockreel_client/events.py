"""A callback as a value that means the same with every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockreel_client.errors import MalformedBody, listed
from mockreel_contracts import Contract, Phase, pointer
from mockreel_contracts.expressions import Expression


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
    state = _read(rules.reads.get("state"), document)
    if rules.body is not None:
        places = _places_of_state(contract) if isinstance(state, str) and state else frozenset()
        found = tuple(v for v in rules.body.violations(body) if v.pointer not in places)
        if found:
            count = "1 rule" if len(found) == 1 else f"{len(found)} rules"
            raise MalformedBody(f"the body breaks {count} of the contract: {listed(found)}", found)
    word = _text("state", state)
    if word is None:
        raise MalformedBody("the body names no state")
    return CallbackEvent(
        provider=contract.provider,
        task_id=read_task_id(contract, document),
        state=word,
        phase=phase_of(contract, word),
        urls=_texts("urls", _read(rules.reads.get("urls"), document)),
        error_code=_text("error_code", _read(rules.reads.get("error_code"), document)),
        error_message=_text("error_message", _read(rules.reads.get("error_message"), document)),
        credits=_number("credits", _read(rules.reads.get("credits"), document)),
        timestamp=timestamp,
        is_verified=is_verified,
        is_body_signed=is_body_signed,
        body=body,
    )


def read_task_id(contract: Contract, document: Mapping[str, Any]) -> str:
    """Return the id of the task that a callback is about. Raises MalformedBody when it names none."""
    expression = contract.callback.reads.get("task_id") if contract.callback else None
    task_id = _text("task_id", _read(expression, document))
    if task_id is None:
        raise MalformedBody("the body names no task")
    return task_id


def phase_of(contract: Contract, word: str) -> Phase | None:
    """Return what a provider's word for a state means, None when it is not known.

    Of several states with one word, that of the word's own name counts, else the first.
    """
    states = [state for state in contract.lifecycle.states.values() if state.wire == word]
    own = next((state for state in states if state.name == word), None)
    return own.phase if own else states[0].phase if states else None


def _places_of_state(contract: Contract) -> frozenset[str]:
    """Return the pointers into the body at which the contract finds the state, as far as it names them plainly."""
    paths = [path.strip().split(".") for path in contract.behavior["callback"]["reads"]["state"].split("||")]
    return frozenset(
        pointer.of(names[1:]) for names in paths if names[0] == "body" and all(name.isidentifier() for name in names)
    )


def _read(expression: Expression | None, document: Mapping[str, Any]) -> Any:
    try:
        return expression(document) if expression else None
    except ArithmeticError:  # a number too large for what the expression does with it
        return None


def _text(name: str, value: Any) -> str | None:
    """Return a text, or None for none and for the empty one; providers write ids and codes as numbers too."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise MalformedBody(f"the body's {name} is a {type(value).__name__}; expected a text")


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise MalformedBody(f"the body's {name} are no texts; expected a list of them")


def _number(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise MalformedBody(f"the body's {name} is a {type(value).__name__}; expected a number")
