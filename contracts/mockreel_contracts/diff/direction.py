"""Whom a change of a set of values breaks: requests and answers are opposite.

A request that is widened is safe for callers and asks more of servers. An answer that is widened breaks callers that
know only the old values, and is safe for servers. A server must also refuse what B refuses: so every change of the
requests concerns servers, while an answer only has to be one of those that B allows.
"""

from __future__ import annotations

from typing import Literal

from mockreel_contracts.diff.change import UNDECIDED, Breaks, both, breaking, safe

Direction = Literal["request", "answer"]
Relation = Literal[
    "narrower",
    "wider",
    "other",
    "unknown",
    "new",
    "new_required",
    "gone",
    "gone_required",
    "gone_forbidden",
    "default",
    "deprecated",
]
"""How B's set lies to A's. `new` and `gone` are properties that the other side does not name; it forbids them only
where that is said."""

_IGNORED = "what callers send there is refused or has no effect"
_NOT_REFUSED = breaking("a server written for A accepts what B refuses")
_NOT_TAKEN = breaking("a server written for A refuses what B accepts")
_SENT = breaking("a server written for A may send what B does not allow")
_NOT_SENT = breaking("a server written for A does not send it")
_FEWER = safe("every answer that is left was possible before")
_READ = breaking("callers that read it find it no longer")

TABLE: dict[Direction, dict[Relation, Breaks]] = {
    "request": {
        "narrower": Breaks(breaking("B refuses requests that A accepts"), _NOT_REFUSED),
        "wider": Breaks(safe("every request that A accepts is accepted"), _NOT_TAKEN),
        "other": Breaks(breaking("B refuses requests that A accepts"), _NOT_TAKEN),
        "unknown": UNDECIDED,
        "new": Breaks(
            safe("callers written for A do not send it"), breaking("a server written for A does not know it")
        ),
        "new_required": Breaks(breaking("callers written for A do not send it"), _NOT_REFUSED),
        "gone": Breaks(breaking(_IGNORED), safe("requests that leave it out were accepted before")),
        "gone_required": Breaks(breaking(_IGNORED), _NOT_TAKEN),
        "gone_forbidden": Breaks(breaking("B refuses it"), _NOT_REFUSED),
        "default": both(breaking("who leaves it out gets something else")),
        "deprecated": both(safe("it still works")),
    },
    "answer": {
        "narrower": Breaks(_FEWER, _SENT),
        "wider": Breaks(
            breaking("callers may get what A does not know"), safe("every answer that A allows is allowed")
        ),
        "other": Breaks(breaking("callers may get what A does not know"), _SENT),
        "unknown": UNDECIDED,
        "new": Breaks(safe("callers skip properties that they do not know"), safe("it may be left out")),
        "new_required": Breaks(safe("callers skip properties that they do not know"), _NOT_SENT),
        "gone": Breaks(_READ, safe("B does not forbid it")),
        "gone_required": Breaks(_READ, safe("B does not forbid it")),
        "gone_forbidden": Breaks(_READ, _SENT),
        "default": both(safe("a default fills nothing in an answer")),
        "deprecated": both(safe("it still comes")),
    },
}


def reversed_relation(relation: Relation) -> Relation:
    """Return the relation of what is not in the two sets: what `not` does to them."""
    match relation:
        case "narrower":
            return "wider"
        case "wider":
            return "narrower"
        case "other":
            return "other"
        case _:
            return "unknown"
