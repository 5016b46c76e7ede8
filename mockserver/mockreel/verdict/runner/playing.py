"""One scenario: a mock on a port of its own, the client's command started once, and what there was to see."""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from mockreel.domain.faults.glob import matches
from mockreel.provider import MockProvider
from mockreel.verdict.battery import Act
from mockreel.verdict.play import Claim, Play
from mockreel.verdict.runner import receiving
from mockreel.verdict.runner.evidence import entries_of
from mockreel.verdict.runner.process import Ended, Process
from mockreel.verdict.runner.setup import Setup
from mockreel.verdict.runner.stopping import Stop
from mockreel.verdict.runner.wording import fill, free_port
from mockreel.verdict.truth import truth

_MOST_FILE = 64 * 1024 * 1024
_LOCAL = "127.0.0.1,localhost,::1"


class InterruptedRunError(Exception):
    """The run was stopped before this scenario was played to its end."""


def play(setup: Setup, act: Act, stop: Stop) -> Play:
    """Play a scenario. Raises UsageError where the command cannot be started; InterruptedRunError if `stop` is set."""
    if stop.is_set():
        raise InterruptedRunError(act.name)
    key, secret = _drawn("key", setup, act), _drawn("secret", setup, act)
    with (
        tempfile.TemporaryDirectory(prefix="mockreel-verify-", ignore_cleanup_errors=True) as folder,
        _mock(setup, act, secret) as (mock, url),
    ):
        values = {
            "base_url": url,
            "api_key": key,
            "scenario": act.name,
            "callback_secret": _signing(mock, setup, key, secret),
            "folder": folder,
        }
        timeout_s = setup.limit_s(act.limit_s)
        if setup.callback_url:
            values["port"] = str(free_port()) if "{port}" in setup.callback_url else ""
            values["callback_url"] = fill(setup.callback_url, values)
        contract = mock.engine.services[setup.provider].contract
        words, environment = setup.command.filled(values)
        started_ms = mock.clock.now_ms()
        told = {"MOCKREEL_TIMEOUT": f"{timeout_s:g}", "MOCKREEL_SPEED": f"{setup.speed:g}"}
        process = Process(words, {**_environment(values, folder), **told, **environment}, mark=Path(folder).name)
        try:
            if setup.is_receiver:
                to = receiving.Order(contract, setup.contracts, key, url, values["callback_url"])
                receiving.drive(mock, process, to, timeout_s, stop)
            else:
                process.wait(timeout_s, stop)
        finally:
            ended_ms = mock.clock.now_ms()
            ended = process.end()
        if stop.is_set():
            raise InterruptedRunError(act.name)
        claim = _claim(setup, ended, values)
        brought = mock.engine.services[setup.provider].sandboxes  # by the API keys that came: a client may have its own
        entries = entries_of(mock, ended_ms, has_own_calls=not setup.is_receiver)
        return Play(
            scenario=replace(act.story(contract), name=act.name),
            contract=contract,
            entries=entries,
            tasks=truth(mock, at_ms=ended_ms, with_files=claim.file is not None),
            claim=claim,
            key=key,
            secrets=(key, secret, *brought),
            callback_secret=values["callback_secret"] or None,
            takes_callbacks=bool(setup.callback_url),
            speed=setup.speed,
            started_ms=started_ms,
            ended_ms=ended_ms,
            deadline_s=timeout_s,
            origin=url,
            dropped=mock.journal.dropped,
        )


@contextmanager
def _mock(setup: Setup, act: Act, secret: str) -> Iterator[tuple[MockProvider, str]]:
    """Serve a mock whose every task follows the scenario, whatever the client asks for; gives it and its URL."""
    made = MockProvider(
        setup.provider,
        seed=setup.seed,
        clock="real",
        speed=setup.speed,
        profile=setup.profile,
        contracts=setup.contracts,
        scenario=act.scenario,
        markers=False,
        token=secrets.token_hex(),
        callback_secret=secret,
        allow_hosts=setup.allow_hosts,
    )
    with made as mock, mock.serve() as url:
        yield mock, url


def _drawn(what: str, setup: Setup, act: Act) -> str:
    """Return a text that can be told from every other in what a client sends and prints, the same for the same run."""
    salt = f"{what}/{setup.seed}/{setup.provider}/{act.name}".encode()
    return f"mkrl-{blake2b(salt, digest_size=12, person=b'mockreel').hexdigest()}"


def _signing(mock: MockProvider, setup: Setup, key: str, secret: str) -> str:
    """Return what callbacks to the client are signed with, or ''."""
    rules = mock.engine.services[setup.provider].contract.callback
    if rules is None or rules.signature is None:
        return ""
    return key if rules.signature.key == "api_key" else secret


def _environment(values: dict[str, str], folder: str) -> dict[str, str]:
    """Return the environment of a client, as far as it is not asked for by name."""
    made = {**os.environ, "TMPDIR": folder}
    made.update({f"MOCKREEL_{word.upper()}": value for word, value in values.items() if word != "port"})
    for name in ("NO_PROXY", "no_proxy"):
        made[name] = ",".join(filter(None, (made.get(name), _LOCAL)))
    return made


def _claim(setup: Setup, ended: Ended, values: dict[str, str]) -> Claim:
    """Return what the client said of itself, from what the run was told to look at."""
    file = _file(Path(fill(setup.result_file, values))) if setup.result_file else None
    has_said = ended.exit_code == 0
    if setup.success_pattern or setup.result_file:
        has_said = not setup.result_file or bool(file)
        if setup.success_pattern:
            has_said &= any(matches(setup.success_pattern, line) for line in ended.output.splitlines())
    return Claim(
        result="unknown" if ended.was_stopped else "success" if has_said else "failure",
        output=ended.output,
        exit_code=ended.exit_code,
        signal=ended.signal,
        was_stopped=ended.was_stopped and not setup.is_receiver,
        took_s=ended.took_s,
        file=file,
    )


def _file(path: Path) -> bytes | None:
    """Return what a client left as its result, up to 64 MB, or None. What is no file (a pipe, a device) is not read."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:
            return file.read(_MOST_FILE) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    except (OSError, ValueError):
        return None
