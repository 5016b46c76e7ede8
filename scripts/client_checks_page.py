"""The page of the checks of a client, from the checks themselves and the battery."""

from __future__ import annotations

from collections.abc import Iterator

from mockreel.report import Status
from mockreel.verdict import CHECKS, acts_of, battery

_SCORE = """
The score is the share, by weight, of the checks that were there to be passed and were: those for which one of the
scenarios played is meant, and those that have found something. A warning counts half. A finding counts nothing, and
neither does a check that could not be made, so what a client does not do is worth no more than what it does badly. A
client that never made a task has no score, and its verdict is inconclusive. So is that of a client that came to a
good end in fewer than half of the scenarios in which a careful one does, or for which fewer than half of the checks, by
weight, could be made: to end with an error at once is not to be safe.
""".strip().splitlines()


def page() -> Iterator[str]:
    """Every check with why, source and remedy; the battery; the score."""
    yield "# Checks of a client"
    yield ""
    yield "What a run through the battery judges, from the journal of the mock and what the client says at its end."
    yield "Every check is made in every scenario; the table says which scenarios are meant for it. A check that the run"
    yield "does not show is inconclusive. `contract source X` is a source that a contract names in its behavior.yaml."
    yield ""
    yield "| check | what is wrong | weight | scenarios for it |"
    yield "| --- | --- | --- | --- |"
    for check in CHECKS:
        acts = ", ".join(f"`{act.name}`" for act in acts_of(check.id))
        yield f"| [{check.id}](#{check.id}) | {check.title} | {check.weight} | {acts} |"
    for check in CHECKS:
        yield from ("", f"## {check.id}", "", f"{check.title}. {check.why}", "")
        if check.severity is not Status.FAIL:
            yield f"- A finding is a {check.severity}."
        yield f"- Known from: {_line(check.known_from)}"
        yield f"- It needs {check.needs}."
        yield f"- What to do: {_line(check.hint)}"
    yield from ("", "## The score", "", *_SCORE, "", "## The battery", "")
    yield "How a careful client may end, and how long it has, in seconds of the contract (divide them by the speed)."
    yield ""
    yield "| entry | scenario | callbacks | may end with | seconds |"
    yield "| --- | --- | --- | --- | --- |"
    for act in battery():
        yield f"| `{act.name}` | `{act.scenario}` | {'yes' if act.callbacks else 'no'} | {act.ends} | {act.limit_s:g} |"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
