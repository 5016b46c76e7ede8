"""What a server answers: statuses, headers and bodies."""

from __future__ import annotations

from mockreel_contracts.diff.change import Breaks, breaking, safe
from mockreel_contracts.diff.direction import TABLE, Direction
from mockreel_contracts.diff.findings import Findings
from mockreel_contracts.diff.requests import content
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.diff.view import keyed


def compare(findings: Findings, a: Place, b: Place, *, direction: Direction = "answer") -> None:
    """Compare the answers of two operations, status by status; a range such as 4XX stands for those not named."""
    olds, news = _answers(findings.a, a), _answers(findings.b, b)
    pa, pb = a.child("responses") or a, b.child("responses") or b
    done = set()
    for status in sorted({*olds, *news}):
        old, new = _of(olds, status), _of(news, status)
        if old is None and new is not None:
            findings.add(f"may answer {_words(status)}", pa, new, TABLE[direction]["wider"])
        elif new is None and old is not None:
            findings.add(f"does not answer {_words(status)} any more", old, pb, _gone(status, direction))
        elif old is not None and new is not None and (old.key, new.key) not in done:
            done.add((old.key, new.key))
            _answer(findings, old, new, _words(status), direction)


def _answer(findings: Findings, a: Place, b: Place, status: str, direction: Direction) -> None:
    at = f"answer {status}"
    _headers(findings, a, b, at, direction)
    content(findings, a.child("content"), b.child("content"), at, direction)
    for word in ("description", "links"):
        if keyed(a.get(word)) != keyed(b.get(word)):
            findings.document(f"the {word} of {at} changed", a.child(word) or a, b.child(word) or b)


def _headers(findings: Findings, a: Place, b: Place, at: str, direction: Direction) -> None:
    table = TABLE[direction]
    olds, news = _lowered(findings.a, a.child("headers")), _lowered(findings.b, b.child("headers"))
    for name in dict.fromkeys((*olds, *news)):
        old, new = olds.get(name), news.get(name)
        if old is None and new is not None:
            relation = "new_required" if new.get("required") is True else "new"
            findings.add(f"{at} has the header {name}", a, new, table[relation])  # type: ignore[index]
        elif old is not None and new is None:
            findings.add(f"{at} has the header {name} no longer", old, b, table["gone"])
        elif old is not None and new is not None:
            before, now = old.get("required") is True, new.get("required") is True
            if before != now:
                text = f"{at}: the header {name} is {'always' if now else 'not always'} there"
                findings.add(text, old, new, table["narrower" if now else "wider"])
            findings.maybe_schemas(old.child("schema"), new.child("schema"), f"{at}: header {name}", direction)


def _lowered(side: Side, headers: Place | None) -> dict[str, Place]:
    return {name.lower(): side.follow(place) for name, place in (headers.children() if headers else ())}


def _answers(side: Side, operation: Place) -> dict[str, Place]:
    responses = operation.child("responses")
    return {
        key.lower(): side.follow(place)
        for key, place in (responses.children() if responses else ())
        if not key.startswith("x-")
    }


def _of(answers: dict[str, Place], status: str) -> Place | None:
    return answers.get(status) or answers.get(f"{status[:1]}xx") or answers.get("default")


def _gone(status: str, direction: Direction) -> Breaks:
    if direction == "answer" and status[:1] in ("1", "2", "3", "d"):
        return Breaks(
            breaking("callers wait for it"), breaking("a server written for A may send what B does not allow")
        )
    if direction == "answer":
        return Breaks(
            safe("an error that does not come any more"), breaking("a server written for A may still send it")
        )
    return TABLE[direction]["narrower"]


def _words(status: str) -> str:
    return "anything else" if status == "default" else status.upper()
