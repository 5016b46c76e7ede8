"""What a failing test's report says of its mock: what it was asked, how to ask it again, how to run it again."""

from __future__ import annotations

from mockreel import MockProvider

_SHOWN = 20  # entries of the journal
_WIDTH = 200  # characters of one


def story(mock: MockProvider) -> str:
    """Return the last of the journal, the curl lines of its calls, and the capsule."""
    entries = list(mock.journal)
    lines = [f"what {mock!r} was asked ({len(entries)} in all):" if entries else f"{mock!r} was asked nothing."]
    if len(entries) > _SHOWN:
        lines.append(f"  … {len(entries) - _SHOWN} before")
    lines += [f"  {_cut(str(entry))}" for entry in entries[-_SHOWN:]]
    curls = mock.export("curl").splitlines()[-_SHOWN:]
    if curls:
        lines += ["the same calls for a served mock (API keys are masked):", *(f"  {line}" for line in curls)]
    lines += [
        "the same mock again: MockProvider.from_capsule(...) or mockreel serve --capsule with",
        f"  {mock.capsule}",
    ]
    return "\n".join(lines)


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"
