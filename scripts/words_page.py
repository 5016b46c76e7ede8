"""The page docs/reference/control-and-python.md: the words of the control API and those of Python, side by side."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from mockreel import MockProvider
from mockreel.server.steering import SteeredClock

ONLY_PYTHON = {
    "add_fault": "`add_faults` takes one alone, too",
    "app": "a way to mount the mock",
    "close": "ends what Python holds; a served mock ends with its process",
    "export": "`GET /_mock/journal?format=`",
    "find": "`GET /_mock/journal` with its parameters",
    "from_capsule": "makes a mock: `mockreel serve --capsule`",
    "handle": "a way to mount the mock",
    "intercept": "a way to mount the mock",
    "is_manual": "in the answer of `GET /_mock/clock`",
    "now": "seconds for a client that waits on the mock's clock",
    "now_ms": "in the answer of `GET /_mock/clock`",
    "serve": "a way to mount the mock",
    "sleep": "moves the clock in place of a client's wait",
    "sleep_async": "moves the clock in place of a client's wait",
    "transport": "a way to mount the mock",
}
ONLY_CONTROL = {
    "events": "a stream for those outside; Python reads `mock.journal`",
    "health": "asks whether a process is up; Python holds the mock itself",
}


def page() -> Iterator[str]:
    """The words of both, then those that only one side has, each with the reason."""
    python, control = python_words(), control_words()
    odd = {
        *(python.keys() - control.keys() - ONLY_PYTHON.keys()),
        *(control.keys() - python.keys() - ONLY_CONTROL.keys()),
    }
    if odd:
        raise SystemExit(
            f"only one side has {', '.join(sorted(odd))}: add it to the other, or say why not in {__file__}"
        )
    yield "# The control API and Python"
    yield ""
    yield "What a running mock can be asked and told has the same names on both sides. In Python they are those of"
    yield "`MockProvider`; in the control API they are the operationIds of `/_mock/openapi.json`."
    yield ""
    yield "| word | in Python | control API | what it is |"
    yield "| --- | --- | --- | --- |"
    for word in sorted(python.keys() & control.keys()):
        call, summary = control[word]
        yield f"| {word} | `{python[word]}` | `{call}` | {summary} |"
    yield ""
    yield "Python raises a ValueError for what is not there or not known; the control API answers 404 and 422. Lists"
    yield "are whole in Python, and come in pages (`?limit=`) from the control API."
    yield ""
    yield "## Only in Python"
    yield ""
    yield from _table({word: (python[word], why) for word, why in ONLY_PYTHON.items()})
    yield ""
    yield "## Only in the control API"
    yield ""
    yield from _table({word: (control[word][0], why) for word, why in ONLY_CONTROL.items()})


def python_words() -> dict[str, str]:
    """Return each public name of a mock and of its clock, and how it is written."""
    words = {"clock": "mock.clock"}
    for kind, prefix in ((MockProvider, "mock"), (SteeredClock, "mock.clock")):
        for name, member in inspect.getmembers(kind):
            if not name.startswith("_"):
                words[name] = f"{prefix}.{name}{'' if isinstance(member, property) else _arguments(member)}"
    return words


def control_words() -> dict[str, tuple[str, str]]:
    """Return each operationId of the control API, its method and path, and its summary."""
    with MockProvider() as mock:
        described: Mapping[str, Any] = mock.app.control().openapi()
    return {
        operation["operationId"]: (f"{method.upper()} {path}", operation["summary"])
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


def _arguments(member: Any) -> str:
    shown = []
    for each in inspect.signature(member).parameters.values():
        if each.name != "self":
            name = f"**{each.name}" if each.kind is each.VAR_KEYWORD else each.name
            default = "..." if each.default is ... else repr(each.default).replace("'", '"')
            shown.append(name if each.default is each.empty else f"{name}={default}")
    return f"({', '.join(shown)})"


def _table(rows: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    yield "| word | | why |"
    yield "| --- | --- | --- |"
    for word, (call, why) in sorted(rows.items()):
        yield f"| {word} | `{call}` | {why} |"
