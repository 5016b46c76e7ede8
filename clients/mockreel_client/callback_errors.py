"""Why a callback is refused: one class for each thing that can be wrong with it.

CallbackError (ValueError)
├── MissingHeader
├── InvalidHeader
├── BadSignature
│   └── ReencodedBody
├── StaleCallback
├── FutureCallback
└── MalformedBody
    └── BodyTooLarge

No message holds a secret or the signature that would have been right.
"""

# ruff: noqa: N818 - these are refusals, named for what is wrong

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from mockreel_contracts import Violation

_SHOWN = 80  # characters of a received value that a message repeats
_LISTED = 10  # violations that a message lists


class CallbackError(ValueError):
    """A callback is refused. `reason` is a short code for logs, `status` the HTTP status to answer with."""

    reason: ClassVar[str] = "refused"
    status: ClassVar[int] = 401


class MissingHeader(CallbackError):
    """A header that the signature needs is not there."""

    reason = "missing_header"


class InvalidHeader(CallbackError):
    """A header is there twice, is not printable ASCII, or does not have the form that the contract gives it."""

    reason = "invalid_header"


class BadSignature(CallbackError):
    """The signature is not the one that any of the secrets makes."""

    reason = "bad_signature"


class ReencodedBody(BadSignature):
    """The body is not the bytes that were sent: something on the way has parsed it and written it again."""

    reason = "reencoded_body"


class StaleCallback(CallbackError):
    """The callback is genuine and older than the tolerance: a replay, or a delivery that was held up."""

    reason = "stale"


class FutureCallback(CallbackError):
    """The callback is genuine and from further in the future than the tolerance: one of the clocks is wrong."""

    reason = "future"


class MalformedBody(CallbackError):
    """The body is not what the contract describes. `violations` has each rule broken, if it is JSON at all."""

    reason = "malformed_body"
    status = 400

    def __init__(self, message: str, violations: Iterable[Violation] = ()) -> None:
        super().__init__(message)
        self.violations = tuple(violations)


class BodyTooLarge(MalformedBody):
    """The body is larger than the receiver takes."""

    reason = "body_too_large"
    status = 413


def shown(value: str, *, limit: int = _SHOWN) -> str:
    """Return a received text as a message repeats it: quoted, and cut when it is long."""
    return repr(value) if len(value) <= limit else f"{value[:limit]!r}… ({len(value)} characters)"


def listed(violations: tuple[Violation, ...]) -> str:
    """Return violations as a message lists them."""
    more = f"; and {len(violations) - _LISTED} more" if len(violations) > _LISTED else ""
    return "; ".join(str(violation) for violation in violations[:_LISTED]) + more
