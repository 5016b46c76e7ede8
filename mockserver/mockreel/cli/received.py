"""A callback that came in: what it says, whether that holds, and how it is shown.

Senders choose what they write, so nothing of theirs is read as markup, and what is not printable is escaped.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from rich.console import Console
from rich.text import Text

from mockreel_client import BodyTooLarge, CallbackError, CallbackEvent, CallbackInbox, MalformedBody, parse_callback
from mockreel_contracts import Contract

MAX_BODY = 1024 * 1024  # bytes
MAX_INDENTED = 64 * 1024  # bytes of a body that is indented; a longer one is shown as it came
MAX_LINES = 200
MAX_LINE = 4000  # characters
MAX_URLS = 20


@dataclass(frozen=True, slots=True)
class Message:
    """A POST as it came: `path` and `query` undecoded, `body` None when it was too large to keep."""

    path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is answered, and where that comes from when the callback was forwarded."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    forwarded_to: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """A callback and what we make of it.

    With a `problem` the `event`, if there is one, is only what somebody claims. `seen` is None where nothing holds.
    """

    number: int
    at: float
    message: Message
    event: CallbackEvent | None
    problem: CallbackError | None
    seen: Literal["new", "duplicate", "outdated"] | None

    @property
    def signature(self) -> Literal["holds", "unchecked", "refused"]:
        """Whether the callback may be believed."""
        if self.problem is not None:
            return "refused"
        return "holds" if self.event is not None and self.event.is_verified else "unchecked"


Shown = tuple[Received, Answer] | str
"""What a screen shows: a callback and its answer, or a remark."""


class Judge:
    """Checks callbacks of `provider`, or else of whichever of the `candidates` they are from."""

    def __init__(
        self,
        secrets: Sequence[str] | None,
        *,
        provider: Contract | None,
        candidates: Sequence[Contract],
        tolerance_s: float | None,
    ) -> None:
        """Take the terms. Raises ValueError for those that no callback can satisfy."""
        self._secrets = secrets
        self._provider = provider
        self._candidates = candidates if provider is None else [provider]
        self._tolerance_s = tolerance_s
        self._inbox = CallbackInbox()
        try:  # arguments are refused before the callback is looked at
            self._parse(Message(b"/", b"", (), b""), 0, secrets, provider)
        except CallbackError:
            return

    def judge(self, number: int, message: Message, at: float) -> Received:
        """Say what a callback is worth."""
        event: CallbackEvent | None
        problem: CallbackError | None = None
        try:
            event = self._parse(message, at, self._secrets, self._provider)
        except CallbackError as error:
            event, problem = self._guess(message, at), error
            if self._secrets is None and self._provider is None:  # then nothing has to tell whose it is
                names = " or ".join(contract.provider for contract in self._candidates)
                text = f"the body is not what one of the contracts describes; to see why, give --provider {names}"
                problem = MalformedBody(text) if event is None else None
        seen = self._inbox.take(event) if event is not None and problem is None else None
        return Received(number, at, message, event, problem, seen)

    def _parse(
        self, message: Message, at: float, secrets: Sequence[str] | None, provider: Contract | None
    ) -> CallbackEvent:
        if message.body is None:
            raise BodyTooLarge(f"the body has more than {MAX_BODY} bytes")
        return parse_callback(
            message.headers,
            message.body,
            secrets,
            provider=provider,
            now=at,
            path=message.path,
            query=message.query,
            tolerance_s=self._tolerance_s,
            max_body=MAX_BODY,
        )

    def _guess(self, message: Message, at: float) -> CallbackEvent | None:
        """Return what a callback says, unchecked; None unless it fits one contract and no other."""
        found = []
        for contract in self._candidates:
            try:
                found.append(self._parse(message, at, None, contract))
            except CallbackError:
                continue
        return found[0] if len(found) == 1 else None


class Screen:
    """Prints, for a reader or as JSON lines."""

    def __init__(self, *, as_json: bool, delay_s: float) -> None:
        self._as_json = as_json
        self._delay_s = delay_s
        self._console = Console(markup=False, emoji=False, highlight=False)

    def start(self, url: str, banner: str) -> None:
        """Say which URL to call."""
        if self._as_json:
            print(json.dumps({"url": url}), flush=True)
        else:
            self._print(Text.assemble("Mockreel listens on ", (url, "bold"), f"\n{banner}\n"))

    def show(self, item: Shown) -> None:
        """Show a callback, or tell a reader something; a program is not told."""
        if isinstance(item, str):
            if not self._as_json:
                self._print(Text(f"{plain(item)}\n", "dim"))
        elif self._as_json:
            print(line(*item), flush=True)
        else:
            self._print(block(*item, delay_s=self._delay_s))

    def end(self, tally: Counter[str]) -> None:
        """Sum up."""
        more = "".join(f", {name} {tally[name]}" for name in ("malformed", "not checked") if tally[name])
        text = f"received {tally['received']}: good signatures {tally['good']}, bad {tally['bad']}{more}"
        print(f"{text}, duplicates {tally['duplicate']}", file=sys.stderr if self._as_json else sys.stdout)

    def _print(self, text: Text) -> None:
        with self._console.capture() as capture:  # what rich prints itself ends the process when a pipe breaks
            self._console.print(text, soft_wrap=True)
        encoding = sys.stdout.encoding or "utf-8"
        print(capture.get().encode(encoding, "backslashreplace").decode(encoding), end="", flush=True)


def line(received: Received, answer: Answer) -> str:
    """Return a callback as one line of JSON in ASCII."""
    event, problem, body = received.event, received.problem, received.message.body
    value = _json(body or b"")
    return json.dumps(
        {
            "number": received.number,
            "at": datetime.fromtimestamp(received.at, UTC).isoformat(timespec="milliseconds"),
            "method": "POST",
            "path": received.message.path.decode("latin-1"),
            "query": received.message.query.decode("latin-1"),
            "provider": event.provider if event else None,
            "task_id": event.task_id if event else None,
            "state": event.state if event else None,
            "phase": event.phase.value if event and event.phase else None,
            "signature": received.signature,
            "reason": problem.reason if problem else None,
            "problem": str(problem) if problem else None,
            "seen": received.seen,
            "urls": list(event.urls) if event else [],
            "error_code": event.error_code if event else None,
            "error_message": event.error_message if event else None,
            "body": value,
            "text": body.decode("utf-8", "replace") if body is not None and value is None else None,
            "status": answer.status,
            "forwarded_to": answer.forwarded_to or None,
            "forward_problem": answer.problem or None,
        }
    )


def block(received: Received, answer: Answer, *, delay_s: float) -> Text:
    """Return a callback as lines for a reader."""
    message = received.message
    target = message.path + (b"?" + message.query if message.query else b"")
    moment = datetime.fromtimestamp(received.at, UTC).astimezone()
    text = Text(f"#{received.number}", "bold")
    text.append(f"  {moment:%H:%M:%S}  ", "dim").append(f"POST {plain(target.decode('latin-1'))}", "bold")
    for name, value, style in _rows(received):
        text.append(f"\n    {name:<11}", "dim").append(plain(value), style)
    after = f" after {delay_s:g} s" if delay_s else ""
    source = f" from {answer.forwarded_to}" if answer.forwarded_to and not answer.problem else ""
    text.append(f"\n    {'answer':<11}", "dim").append(f"{answer.status}{source}{after}")
    if answer.problem:
        text.append(plain(f": {answer.forwarded_to} {answer.problem}"), "red")
    for body_line in _body(message.body):
        text.append(f"\n    {body_line}")
    return text.append("\n")


def plain(text: str, *, limit: int = MAX_LINE) -> str:
    """Return a text as a terminal may see it: one line, JSON escapes for what is not printable, bounded."""
    cut = text[:limit]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in cut)
    return cut if len(text) <= limit else f"{cut}… ({len(text)} characters)"


def _rows(received: Received) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and style of each thing there is to say."""
    event, problem = received.event, received.problem
    if event is not None:
        yield "provider", event.provider, ""
        yield "task", event.task_id, "cyan"
        phase = event.phase.value if event.phase else "unknown to the contract"
        yield "state", f"{event.state} ({phase}){f', {received.seen}' if received.seen else ''}", "bold"
    if problem is not None:
        name = "malformed" if isinstance(problem, MalformedBody) else "signature"
        yield name, f"refused, {problem.reason}: {problem}", "bold red"
    elif event is not None and event.is_verified:
        yield "signature", "holds" if event.is_body_signed else "holds; it does not cover the body", "green"
    else:
        yield "signature", "not checked", "yellow"
    if event is not None:
        for url in event.urls[:MAX_URLS]:
            yield "result", url, "blue"
        if len(event.urls) > MAX_URLS:
            yield "", f"… and {len(event.urls) - MAX_URLS} more", "dim"
        if event.error_code or event.error_message:
            parts = dict.fromkeys(part for part in (event.error_code, event.error_message) if part)
            yield "error", ": ".join(parts), "red"


def _body(body: bytes | None) -> Iterator[str]:
    if not body:
        yield "(too large to keep)" if body is None else "(no body)"
        return
    value = _json(body) if len(body) <= MAX_INDENTED else None
    text = (body if value is None else orjson.dumps(value, option=orjson.OPT_INDENT_2)).decode("utf-8", "replace")
    lines = text.split("\n", MAX_LINES)
    for part in lines[:MAX_LINES]:
        yield plain(part)
    if len(lines) > MAX_LINES:
        yield f"… and {lines[-1].count(chr(10)) + 1} lines more"


def _json(body: bytes) -> Any:
    """Return what a body holds, None for what is no JSON or is nested so deep that it cannot be shown as such."""
    try:
        value = orjson.loads(body)
        orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return value
