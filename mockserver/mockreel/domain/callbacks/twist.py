"""What an adversary does to the callbacks of a task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Twist:
    """Changes to what is sent, when, and how it is signed. Times are seconds.

    lose: never sent. copies: sent so many times more. delay_s: sent later. hold: sent after the task's next event.
    early: the first event is sent before the create is answered. stale: after the last event, an earlier state is
    told again. wrong_key, unsigned, age_s: the signature, made with another key, left out, or of so long ago.
    reencode: the body is written anew after signing. state: the word of the state. cut: only this part of the body,
    0 to 1. add: fields added to the body. dribble_s: the body is sent in pieces over this time.
    """

    lose: bool = False
    copies: int = 0
    delay_s: float = 0
    hold: bool = False
    early: bool = False
    stale: bool = False
    wrong_key: bool = False
    unsigned: bool = False
    age_s: float = 0
    reencode: bool = False
    state: str | None = None
    cut: float = 1.0
    add: dict[str, Any] = field(default_factory=dict)
    dribble_s: float = 0

    def before_signing(self, body: bytes) -> bytes:
        """Return the body that is signed."""
        if self.add and body.startswith(b"{"):
            body = orjson.dumps({**orjson.loads(body), **self.add})
        if self.cut >= 1:
            return body
        return body[: int(len(body) * self.cut)].decode("utf-8", "ignore").encode()

    def after_signing(self, body: bytes) -> bytes:
        """Return the body that is sent."""
        if not self.reencode:
            return body
        try:
            return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        except orjson.JSONDecodeError:
            return body + b"\n"


PLAIN = Twist()
