"""Where a client plays a scenario in-process: a mock on a manual clock, and what the client is given."""

from __future__ import annotations

import asyncio
import inspect
import io
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mockreel.domain.journal import Delivery, Entry
from mockreel.provider import MockProvider
from mockreel.verdict.battery import Act
from mockreel.verdict.play import Claim, Play
from mockreel.verdict.receiving import Receive, receiving
from mockreel.verdict.truth import truth
from mockreel_contracts import Contract
from mockreel_contracts.examples import examples_of
from mockreel_contracts.expressions import first_path

if TYPE_CHECKING:
    from mockreel.server.steering import SteeredClock
    from mockreel.transport import MockTransport

KEY = "verdict-api-key-7f3a"
SECRET = "verdict-callback-secret-51c9"  # noqa: S105 - of a mock
MOST_CALLS = 2000  # a client that makes more hangs without waiting
_PRINTED = 100_000  # characters


class Stopped(BaseException):
    """The client has had its time, or has made too many calls."""


class StageClock:
    """The clock of a stage: who sleeps on it moves it, up to the limit of the scenario."""

    is_manual = True

    def __init__(self, clock: SteeredClock, limit_s: float) -> None:
        self._clock = clock
        self._until = clock.now() + limit_s

    def now(self) -> float:
        """Return the time in Unix seconds."""
        return self._clock.now()

    def now_ms(self) -> int:
        """Return the time in Unix milliseconds."""
        return self._clock.now_ms()

    def sleep(self, seconds: float) -> None:
        """Move on; callbacks that fall due are sent. Raises Stopped at the limit."""
        left_s = self._until - self.now()
        self._clock.sleep(min(max(seconds, 0), max(left_s, 0)))
        if seconds >= left_s:
            raise Stopped

    async def sleep_async(self, seconds: float) -> None:
        """Like `sleep`, for an event loop."""
        left_s = self._until - self.now()
        await self._clock.sleep_async(min(max(seconds, 0), max(left_s, 0)))
        if seconds >= left_s:
            raise Stopped


@dataclass(frozen=True, slots=True)
class Stage:
    """What a client under test is given. Calls to the provider's own host are answered, with httpx and httpx2.

    `base_url` is that host, `transport()` answers one httpx2 client without patching, `clock` is to be slept on.
    `folder` is empty and for results: a single file in it at the end is the client's result. `callback_url` is where
    the client's `receive` is called, or ''; `body` a request that the provider takes, with that URL in it.
    """

    scenario: str
    mock: MockProvider
    contract: Contract
    base_url: str
    api_key: str
    clock: StageClock
    folder: Path
    callback_url: str = ""
    callback_secret: str | None = None

    @property
    def body(self) -> dict[str, Any]:
        """A request that the provider takes: its pages' first example."""
        submit = self.contract.by_role("submit")[0].id
        found = next((e.body for e in examples_of(self.contract.provider) if e.operation == submit), None)
        body = dict(found) if isinstance(found, Mapping) else {}
        source = self.contract.behavior["operations"][submit].get("reads", {}).get("callback_url", "")
        place = first_path(source, "body") if source else None
        if place:
            body.pop(place[-1], None)
            if self.callback_url:
                body[place[-1]] = self.callback_url
        return body

    def transport(self) -> MockTransport:
        """Return a transport for one httpx2 client, sync or async."""
        return self.mock.transport()


Run = Callable[[Stage], Any]


def played(
    act: Act,
    run: Run,
    provider: str,
    *,
    receive: Receive | None = None,
    intercept: bool = False,
    most_calls: int = MOST_CALLS,
    **settings: Any,
) -> Play:
    """Have a client play one scenario, and return the play.

    `run` is called once with a Stage, and awaited if that is what it wants; that it raises counts as its claim of
    failure. `receive` takes its callbacks. `settings` go to MockProvider.
    """
    settings = {"scenario": act.scenario, "markers": False, "callback_secret": SECRET, **settings}
    with ExitStack() as stack:
        mock = stack.enter_context(MockProvider(provider, clock="manual", **settings))
        (service,) = mock.engine.services.values()
        contract = service.contract
        takes = receive is not None and contract.callback is not None
        url = stack.enter_context(receiving(receive)) if takes and receive is not None else ""
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="mockreel-stage-")))
        clock = StageClock(mock.clock, act.limit_s)
        secret = settings["callback_secret"]
        stage = Stage(act.scenario, mock, contract, contract.base_url, KEY, clock, folder, url, secret)
        started_ms = mock.clock.now_ms()
        _limit(mock, most_calls)
        if intercept:
            stack.enter_context(mock.intercept(strict=False))
        claim = _claim(run, stage)
        return Play(
            scenario=replace(act.story(contract), name=act.name),
            contract=contract,
            entries=tuple(mock.journal),
            tasks=truth(mock, with_files=claim.file is not None),
            claim=claim,
            key=KEY,
            callback_secret=secret,
            takes_callbacks=takes,
            started_ms=started_ms,
            ended_ms=mock.clock.now_ms(),
            is_manual=True,
            deadline_s=act.limit_s,
            origin=contract.base_url,
            dropped=mock.journal.dropped,
        )


def _limit(mock: MockProvider, most: int) -> None:
    count = 0

    def counted(entry: Entry | Delivery) -> None:
        nonlocal count
        count += isinstance(entry, Entry)
        if count > most:
            raise Stopped

    mock.journal.on_add.append(counted)


def _claim(run: Run, stage: Stage) -> Claim:
    """Call the client and return what it says of itself."""
    printed = io.StringIO()
    said, result = "", "success"
    was_stopped = False
    with _captured(printed):
        try:
            returned = run(stage)
            if inspect.isawaitable(returned):
                returned = asyncio.run(_awaited(returned))
            result = "failure" if returned is False else "success"
            said = "" if returned is None else repr(returned).replace(KEY, "***")
        except Stopped:
            was_stopped, result = True, "unknown"
        except (Exception, SystemExit) as error:
            is_good = isinstance(error, SystemExit) and error.code in (None, 0)
            result = "success" if is_good else "failure"
            said = "".join(traceback.format_exception_only(error))
    output = f"{printed.getvalue()[:_PRINTED]}\n{said[:_PRINTED]}"
    word: Any = result
    return Claim(word, output, was_stopped=was_stopped, file=_file(stage.folder))


async def _awaited(found: Any) -> Any:
    return await found


@contextmanager
def _captured(printed: io.StringIO) -> Iterator[None]:
    with redirect_stdout(printed), redirect_stderr(printed):
        yield


def _file(folder: Path) -> bytes | None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return files[0].read_bytes() if len(files) == 1 else None
