"""A task as the provider last described it, in words that mean the same with every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockreel_contracts import Phase


@dataclass(frozen=True, slots=True)
class Task:
    """What a provider said of a task.

    `state` is the provider's word (None where an answer has none, as some creates do); `phase` says what it means, and
    is None for a word that the contract does not know. `progress` is in percent. `urls` are those of the results.
    `credits` is what the answer calls the task's cost. `body` is the JSON as received.
    """

    provider: str
    id: str
    state: str | None = None
    phase: Phase | None = None
    progress: float | None = None
    urls: tuple[str, ...] = ()
    error_code: str | None = None
    error_message: str | None = None
    credits: float | None = None
    body: Mapping[str, Any] = field(default_factory=dict, hash=False, repr=False)

    @property
    def is_terminal(self) -> bool:
        """Whether the task stays in this state; False for a state that is not known."""
        return self.phase is not None and self.phase.is_terminal
