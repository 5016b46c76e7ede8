"""`mockreel listen`: a receiver for the terminal."""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import socket
import sys
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from mockreel.cli import FINDINGS, GOOD, USAGE
from mockreel.cli.forward import JSON, Forward, refusal
from mockreel.cli.received import MAX_BODY, Answer, Judge, Message, Received, Screen, Shown
from mockreel.domain.callbacks.targets import Policy, Target
from mockreel_client import MalformedBody
from mockreel_client.clock import wall_clock
from mockreel_contracts import Contract, ContractError, load, providers

if TYPE_CHECKING:
    from mockreel.server.app import Receive, Scope, Send

DEFAULT_SECRET, OFF = "mock-callback-secret", "none"
MAX_DRAINED = 64 * 1024 * 1024  # bytes of a body that is too large are read before it is answered
BODILESS = (204, 205, 304)


def run(arguments: argparse.Namespace) -> int:
    """Listen until interrupted, or as long as was asked; 1 when a callback was refused."""
    try:
        from mockreel.server import run as shell
    except ImportError as error:
        return _fail(f"listening needs more packages ({error.name} is missing): pip install 'mockreel[server]'", USAGE)
    try:
        path, target = _path(arguments.path), _target(arguments.forward)
        senders = _senders(arguments)
        secrets = _secrets(arguments.secret, senders)
        provider = senders[0] if arguments.provider is not None else None
        judge = Judge(secrets, provider=provider, candidates=senders, tolerance_s=arguments.tolerance)
        sock = shell.bind(arguments.host, arguments.port)
    except ContractError as error:
        return _fail(str(error), FINDINGS)
    except (ValueError, OSError) as error:
        return _fail(str(error), USAGE)
    if target is not None and _leads_to(target, sock):
        sock.close()
        return _fail(f"--forward {arguments.forward} leads back here; give the URL of another server", USAGE)
    url = shell.url_of(sock).replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:") + path
    screen = Screen(as_json=arguments.json, delay_s=arguments.delay)
    forward = Forward(target) if target is not None else None
    queue: SimpleQueue[Shown | None] = SimpleQueue()
    receiver = Receiver(
        judge, queue, status=arguments.status, delay_s=arguments.delay, forward=forward, count=arguments.count
    )
    server = shell.Background(receiver, sock)
    timer = threading.Timer(min(arguments.timeout or 0, threading.TIMEOUT_MAX), queue.put, [None])
    on_sigterm = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.start()
        screen.start(url, _banner(arguments, secrets, senders, forward))
        if arguments.timeout is not None:
            timer.start()
        while (item := _next(queue)) is not None:
            screen.show(item)
    except KeyboardInterrupt:
        pass
    finally:
        timer.cancel()
        server.stop()
        signal.signal(signal.SIGTERM, on_sigterm)
    while not queue.empty():
        if (item := queue.get()) is not None:
            screen.show(item)
    screen.end(receiver.tally)
    return FINDINGS if receiver.tally["bad"] or receiver.tally["malformed"] else GOOD


def _next(queue: SimpleQueue[Shown | None]) -> Shown | None:
    while True:
        with suppress(Empty):
            return queue.get(timeout=0.5)  # without a timeout Windows would not let Ctrl-C through


class Receiver:
    """An ASGI application: judges each POST, waits, and answers as told or as the one it forwards to.

    What there is to show goes into `queue`, so that a terminal that stands still holds no answer up; None ends the run.
    """

    def __init__(
        self,
        judge: Judge,
        queue: SimpleQueue[Shown | None],
        *,
        status: int,
        delay_s: float,
        forward: Forward | None,
        count: int | None,
    ) -> None:
        self.tally: Counter[str] = Counter(received=0)
        self._judge = judge
        self._queue = queue
        self._status = status
        self._delay_s = delay_s
        self._forward = forward
        self._count = count
        self._answered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["method"] != "POST":
            self._queue.put(f"{scope['method']} {scope['path']}: answered 405, callbacks are POSTs")
            await _send(send, refusal(405, "method_not_allowed", (b"allow", b"POST")), scope["method"])
            return
        try:
            body = await _read(receive)
        except ConnectionResetError:
            return
        except asyncio.CancelledError:
            body = None
            self._count = self.tally["received"]
        if self.tally["received"] == self._count:
            await _send(send, refusal(503, "stopped"))
            return
        self.tally["received"] += 1
        path = scope["raw_path"].partition(b"?")[0]
        message = Message(path, scope["query_string"], scope["headers"], body)
        received = self._judge.judge(self.tally["received"], message, wall_clock())
        self._add(received)
        answer = await self._answer(message)
        self._queue.put((received, answer))
        with suppress(asyncio.CancelledError):  # when the run ends, rather too early an answer than none
            await asyncio.sleep(self._delay_s)
        await _send(send, answer)
        self._answered += 1
        if self._answered == self._count:
            self._queue.put(None)

    async def _answer(self, message: Message) -> Answer:
        if message.body is None:
            return refusal(413, "body_too_large")
        if self._forward is not None:
            return await self._forward(message, message.body)
        return Answer(self._status, b'{"received":true}', (JSON,))

    def _add(self, received: Received) -> None:
        names = {"holds": "good", "unchecked": "not checked", "refused": "bad"}
        is_malformed = isinstance(received.problem, MalformedBody)
        self.tally["malformed" if is_malformed else names[received.signature]] += 1
        if received.seen is not None:
            self.tally[received.seen] += 1


async def _read(receive: Receive) -> bytes | None:
    """Return the body, None for one that is too large. Raises ConnectionResetError."""
    body, size = bytearray(), 0
    while size <= MAX_DRAINED:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        piece = message.get("body", b"")
        size += len(piece)
        if size <= MAX_BODY:
            body += piece
        if not message.get("more_body"):
            break
    return bytes(body) if size <= MAX_BODY else None


async def _send(send: Send, answer: Answer, method: str = "POST") -> None:
    has_body = answer.status not in BODILESS
    length = [(b"content-length", b"%d" % len(answer.body))] if has_body else []
    headers = [*answer.headers, *length] if has_body else []
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body if has_body and method != "HEAD" else b""})


def _path(path: str) -> str:
    if not re.fullmatch(r"/[!-\"$-~]*", path):
        raise ValueError(f"--path begins with / and has no spaces, such as /callback; got {path!r}")
    return path


def _target(url: str | None) -> Target | None:
    target = Policy().judge(url) if url is not None else None
    if isinstance(target, str):
        text = "--forward takes an http or https URL on this machine, such as http://127.0.0.1:3000/callback"
        raise ValueError(f"{text}; got {url!r}")
    return target


def _leads_to(target: Target, sock: socket.socket) -> bool:
    host, port = sock.getsockname()[:2]
    return target.port == port and (target.host in (host, "localhost") or host in ("0.0.0.0", "::"))  # noqa: S104


def _senders(arguments: argparse.Namespace) -> list[Contract]:
    """Return the contracts whose callbacks are taken. Raises ValueError and ContractError."""
    root = Path(arguments.contracts) if arguments.contracts is not None else None
    name = arguments.provider
    if root is not None and name is None:
        raise ValueError("--contracts needs --provider NAME: callbacks are told apart for the shipped contracts only")
    known = providers(root)
    if name is not None and name not in known:
        raise ValueError(f"no provider {name!r}; there are {', '.join(known) or 'none in ' + arguments.contracts}")
    contracts = [load(each, root=root) for each in known]
    senders = [contract for contract in contracts if contract.callback is not None]
    chosen = [contract for contract in senders if name in (None, contract.provider)]
    if not chosen:
        others = ", ".join(contract.provider for contract in senders) or "nobody"
        raise ValueError(f"{name} sends no callbacks, says its contract; these do: {others}")
    return chosen


def _secrets(given: list[str] | None, senders: list[Contract]) -> list[str] | None:
    """Return what to check with, None for not at all."""
    if given is None:
        is_signed = any(contract.callback and contract.callback.signature for contract in senders)
        return [DEFAULT_SECRET] if is_signed else None
    if OFF in given and len(given) > 1:
        raise ValueError(f"--secret none checks nothing and goes alone; got {len(given)} of them")
    if not all(given):
        raise ValueError("--secret is a text that is not empty, or none to check nothing; got ''")
    return None if OFF in given else given


def _banner(
    arguments: argparse.Namespace, secrets: list[str] | None, senders: list[Contract], forward: Forward | None
) -> str:
    after = f" after {arguments.delay:g} s" if arguments.delay else ""
    answers = f"passed on to {forward.url}, whose answer is given" if forward else f"answered {arguments.status}"
    lines = [f"  give that as the callback URL; any path is taken; callbacks are {answers}{after}"]
    if secrets is None:
        lines.append("  signatures are not checked")
    else:
        which = f"the secret {DEFAULT_SECRET}" if secrets == [DEFAULT_SECRET] else "what --secret gave"
        lines.append(f"  signatures are checked with {which}")
        by_key = [
            c.provider for c in senders if c.callback and c.callback.signature and c.callback.signature.key == "api_key"
        ]
        if by_key and arguments.secret is None:
            names = " and ".join(by_key)
            line = f"mockreel listen --secret {DEFAULT_SECRET} --secret YOUR-KEY"
            lines.append(f"  {names}: signed with the API key that made the task; to check with that too")
            lines.append(f"  (--secret replaces the default): {line}")
    return "\n".join([*lines, "  Ctrl-C stops"])


def _fail(text: str, code: int) -> int:
    print(f"mockreel listen: {text}", file=sys.stderr)
    return code
