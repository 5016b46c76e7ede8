"""What a failing test's report says of its mock: what it was asked, how to ask it again, how to run it again."""

from __future__ import annotations

from mockreel import MockProvider
from mockreel.desk import ORIGIN
from mockreel.domain import export
from mockreel.domain.journal import Entry

_SHOWN = 20  # entries of the journal
_CURLS = 10  # calls that are told as curl lines
_WIDTH = 200  # characters of an entry
_LONGEST = 2000  # characters of a curl line; a longer one is left out, as half of it cannot be run
_NOT_ASKED = (
    "  (mock_provider answers httpx and httpx2 only; give what sends with anything else the URL of mock_server)"
)


def story(mock: MockProvider) -> str:
    """Return the last of the journal, the curl lines of its calls, and the capsule."""
    entries = list(mock.journal)
    lines = [f"what {mock!r} was asked ({len(entries)} in all):" if entries else f"{mock!r} was asked nothing."]
    if not entries:
        lines.append(_NOT_ASKED)
    if len(entries) > _SHOWN:
        lines.append(f"  … {len(entries) - _SHOWN} before")
    lines += [f"  {_cut(str(entry))}" for entry in entries[-_SHOWN:]]
    calls = [entry for entry in entries if isinstance(entry, Entry)][-_CURLS:]
    if calls:
        lines.append(f"{'the same calls' if len(calls) < _CURLS else 'the last calls'} again, to a served mock:")
        lines += [f"  {_curl(call)}" for call in calls]
    lines += [
        "the same mock again: MockProvider.from_capsule(...) or mockreel serve --capsule with",
        f"  {mock.capsule}",
    ]
    return "\n".join(lines)


def _curl(call: Entry) -> str:
    line = export.curl(call, ORIGIN)
    if len(line) <= _LONGEST:
        return line
    return f"# call {call.seq}, {call.method} {_cut(call.path)}: left out, for its line has {len(line)} characters"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"
