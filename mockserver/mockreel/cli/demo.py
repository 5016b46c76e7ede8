"""`mockreel demo`: the main job, start to end, on the requests that the providers' own pages print."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.live import Live
from rich.table import Table

from mockreel.cli import FINDINGS, GOOD, USAGE
from mockreel.domain.settings import DEFAULT_SECRET
from mockreel.provider import MockProvider
from mockreel_client import CallbackEvent, parse_callback
from mockreel_client.receiver import CallbackReceiver
from mockreel_contracts import Contract, Operation, Phase, load, providers
from mockreel_contracts.callback_urls import with_callback
from mockreel_contracts.examples import Example, examples_of

KEY = "demo-key"
DEADLINE_S = 45.0
CALLBACKS_S = 10.0
POLL_S = 0.2


@dataclass(slots=True)
class Job:
    """One example on its way."""

    example: Example
    contract: Contract
    task_id: str = ""
    states: list[str] = field(default_factory=list)
    phase: str = ""
    result: str = ""


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; 0 when everything came out as the contracts say."""
    console = Console(width=None if sys.stdout.isatty() else 130)
    known = providers()
    names = arguments.provider or list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"mockreel demo: no provider {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return USAGE
    started = time.monotonic()
    try:
        mock = MockProvider(*names, clock="real", speed=arguments.speed, seed=7)
    except ValueError as error:
        print(f"mockreel demo: {error}", file=sys.stderr)
        return USAGE
    receiver = CallbackReceiver(_parsed)
    with (
        mock,
        receiver.serve(),
        mock.serve() as url,
        httpx2.Client(base_url=url, timeout=10, trust_env=False) as http,
    ):
        console.print(
            f"[bold]Mockreel[/bold] serves {', '.join(names)} on {url} (seed 7, {arguments.speed:g} times as fast)\n"
        )
        show = Show(console, mock, http, receiver)
        show.credits("Credits before")
        jobs = show.create([load(name) for name in names])
        show.watch(jobs)
        show.callbacks(jobs)
        show.download(jobs, Path(arguments.keep) if arguments.keep else None)
        show.credits("Credits after")
        show.errors([load(name) for name in names])
    console.print(f"\n{len(jobs)} tasks, {show.errors_made} errors made on purpose, {time.monotonic() - started:.1f} s")
    for problem in show.problems:
        console.print(f"[red]not as expected:[/red] {problem}")
    if show.problems:
        console.print(f"the same again: mockreel serve --capsule {mock.capsule}", soft_wrap=True)
    return FINDINGS if show.problems else GOOD


def _parsed(headers: list[tuple[str, str]], body: bytes, path: str, query: str) -> CallbackEvent:
    """Verify a callback with the secrets of the demo; the headers tell whose it is."""
    return parse_callback(headers, body, (KEY, DEFAULT_SECRET), path=path, query=query)


class Show:
    """The steps of the demo. What does not come out as expected is collected in `problems`."""

    def __init__(self, console: Console, mock: MockProvider, http: httpx2.Client, receiver: CallbackReceiver) -> None:
        self.receiver = receiver
        self.console = console
        self.mock = mock
        self.http = http
        self.problems: list[str] = []
        self.errors_made = 0

    def create(self, contracts: list[Contract]) -> list[Job]:
        """Send every page's request, as printed."""
        jobs = []
        for contract in contracts:
            for example in examples_of(contract.provider):
                if contract.operations[example.operation].role != "submit":
                    continue
                if example.as_printed is not None:
                    answer = self._post(contract, example, example.as_printed.encode())
                    self._expect(
                        not self._task_id(contract), f"{example.name} as printed is no JSON and must be refused"
                    )
                    self.console.print(
                        f"  {example.title}: the page prints it with comments, which is no JSON; "
                        f"as it should, the mock answers HTTP {answer.status_code}"
                    )
                operation = contract.operations[example.operation]
                body = with_callback(operation, contract, example.body, self.receiver.url)
                answer = self._post(contract, example, json.dumps(body, ensure_ascii=False).encode())
                job = Job(example, contract, self._task_id(contract))
                self._expect(bool(job.task_id), f"{example.name}: {answer.text[:200]}")
                jobs.append(job)
        return jobs

    def watch(self, jobs: list[Job]) -> None:
        """Poll every task through its provider's own query until all have ended."""
        deadline = time.monotonic() + DEADLINE_S
        waiting = [job for job in jobs if job.task_id]
        with self._live(lambda: _table(jobs)) as refresh:
            while waiting and time.monotonic() < deadline:
                for job in waiting:
                    self._poll(job)
                waiting = [job for job in waiting if not job.phase or not Phase(job.phase).is_terminal]
                refresh()
                time.sleep(POLL_S)
        for job in jobs:
            self._expect(job.phase == "succeeded", f"{job.example.name} ended as {job.phase or 'nothing'}")
            way = [state.wire for state in job.contract.lifecycle.way()]
            self._expect(job.states == way, f"{job.example.name} went through {job.states}, not {way}")

    def callbacks(self, jobs: list[Job]) -> None:
        """Show the callbacks that came, and check that they are those that the contracts promise."""
        wanted = [
            (job.task_id, state.wire)
            for job in jobs
            if job.contract.callback is not None
            for state in job.contract.lifecycle.way()
            if state.name in job.contract.callback.events
        ]
        self.receiver.wait_for(len(wanted), CALLBACKS_S)
        table = Table(title="Callbacks", title_justify="left")
        for head in ("provider", "task", "state", "signature", "result"):
            table.add_column(head, overflow="fold")
        for event in self.receiver.events:
            result = ", ".join(event.urls) or "-"
            table.add_row(event.provider, event.task_id, event.state, "holds" if event.is_verified else "none", result)
        for contract in {job.contract.provider: job.contract for job in jobs}.values():
            if contract.callback is None:
                table.add_row(contract.provider, "-", "-", "-", "this provider calls nobody back")
        self.console.print(table)
        for text in self.receiver.refused:
            self.problems.append(f"a callback was refused: {text}")
        came = [(event.task_id, event.state) for event in self.receiver.events]
        self._expect(sorted(came) == sorted(wanted), f"the callbacks were {sorted(came)}, not {sorted(wanted)}")

    def download(self, jobs: list[Job], keep: Path | None) -> None:
        """Download every result and check that it is the video that was asked for."""
        table = Table(title="Results", title_justify="left")
        for head in ("task", "video", "bytes", "codec", "checked"):
            table.add_column(head)
        for job in jobs:
            if job.phase != "succeeded":
                continue
            detail = self.http.get(f"/_mock/tasks/{job.task_id}").json()
            url, wanted = detail["results"][0]["url"], detail["output"]
            answer = self.http.get(url)
            part = self.http.get(url, headers={"Range": "bytes=0-99"})
            self._expect(answer.status_code == 200, f"{url} answers {answer.status_code}")
            self._expect(
                part.status_code == 206 and part.content == answer.content[:100], f"{url} does not serve ranges"
            )
            if keep is not None:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{job.contract.provider}-{job.example.name}.mp4").write_bytes(answer.content)
            codec, checked = self._probe(answer.content, wanted, job)
            size = f"{wanted['width']}x{wanted['height']}, {wanted['duration_s']:g} s"
            table.add_row(job.task_id, size, str(len(answer.content)), codec, checked)
        self.console.print(table)

    def credits(self, title: str) -> None:
        """Show the balance as each provider's own endpoint gives it, or from the ledger where there is none."""
        ledgers = self.http.get(f"/_mock/keys/{KEY}").json()
        shown = ", ".join(f"{name} {ledger['balance']:g}" for name, ledger in ledgers.items())
        for name, ledger in ledgers.items():
            is_right = ledger["balance"] == ledger["granted"] - ledger["charged"] + ledger["refunded"]
            self._expect(is_right, f"the ledger of {name} does not add up: {ledger}")
        self.console.print(f"[bold]{title}[/bold]: {shown}\n")

    def errors(self, contracts: list[Contract]) -> None:
        """Make each error case once, on the call it belongs to."""
        for contract in contracts:
            table = Table(title=f"{contract.title}: every error, on demand", title_justify="left")
            for head in ("ask with the API key", "HTTP", "answer"):
                table.add_column(head, overflow="fold")
            operation = contract.by_role("submit")[0]
            example = next(e for e in examples_of(contract.provider) if e.operation == operation.id)
            for case in contract.errors.values():
                key = f"mock-{case.id}"
                answer = self.http.post(operation.path, json=example.body, headers=_auth(contract, key))
                body = answer.text
                self._expect(
                    answer.status_code == case.status, f"{contract.provider} {case.id}: HTTP {answer.status_code}"
                )
                self._expect(str(case.code) in body or case.reason in body, f"{contract.provider} {case.id}: {body}")
                self.errors_made += 1
                table.add_row(key, str(answer.status_code), body if len(body) <= 110 else f"{body[:110]}…")
            self.console.print(table)

    def _poll(self, job: Job) -> None:
        operation = job.contract.by_role("query")[0]
        path, query = _place(operation, job.task_id)
        answer = self.http.get(path, params=query, headers=_auth(job.contract, KEY))
        self._expect(answer.status_code == 200, f"{job.example.name}: query answers {answer.status_code}")
        now = self.http.get(f"/_mock/tasks/{job.task_id}").json()
        self._expect(
            now["phase"] != "succeeded" or bool(now["results"]), f"{job.example.name} succeeded without a result"
        )
        for step in self.http.get(f"/_mock/tasks/{job.task_id}/explain").json()["timeline"]:
            if step["is_past"] and step["state"] not in job.states:
                job.states.append(step["state"])
        job.phase = now["phase"]
        job.result = "done" if now["results"] else f"{now['progress']} %"

    def _post(self, contract: Contract, example: Example, content: bytes) -> httpx2.Response:
        headers = {**_auth(contract, KEY), "Content-Type": "application/json"}
        return self.http.post(example.path, content=content, headers=headers)

    def _task_id(self, contract: Contract) -> str:
        """Return the task that the last call made, or ''."""
        entry = list(self.mock.journal)[-1]
        return entry.task_id if entry.provider == contract.provider else ""

    def _probe(self, content: bytes, wanted: dict[str, Any], job: Job) -> tuple[str, str]:
        try:
            import io

            import av
        except ImportError:
            return "?", "starts like an MP4" if content[4:8] == b"ftyp" else "no MP4"
        with av.open(io.BytesIO(content), "r") as container:
            stream = container.streams.video[0]
            seconds = float(container.duration or 0) / 1_000_000
            frames = len(list(container.decode(stream)))
            found = (stream.width, stream.height)
            codec = stream.codec_context.name
        self._expect(found == (wanted["width"], wanted["height"]), f"{job.example.name} is {found}")
        self._expect(abs(seconds - wanted["duration_s"]) < 0.3, f"{job.example.name} lasts {seconds} s")
        return codec, f"plays: {frames} frames, {seconds:g} s"

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.problems.append(otherwise)

    @contextmanager
    def _live(self, make: Callable[[], Table]) -> Iterator[Callable[[], None]]:
        if not self.console.is_terminal:
            yield lambda: None
            self.console.print(make())
            return
        with Live(make(), console=self.console, refresh_per_second=8) as live:
            yield lambda: live.update(make())


def _table(jobs: list[Job]) -> Table:
    table = Table(title="Tasks", title_justify="left")
    for head in ("provider", "example", "task", "states so far", "result"):
        table.add_column(head, overflow="fold")
    for job in jobs:
        table.add_row(job.contract.provider, job.example.title, job.task_id, " > ".join(job.states), job.result)
    return table


def _place(operation: Operation, task_id: str) -> tuple[str, dict[str, str]]:
    """Return the path and query of an operation on a task."""
    path, query = operation.path, {}
    for parameter in operation.parameters:
        if parameter.where == "path":
            path = path.replace("{" + parameter.name + "}", task_id)
        elif parameter.is_required:
            query[parameter.name] = task_id
    return path, query


def _auth(contract: Contract, key: str) -> dict[str, str]:
    return {contract.auth.header: f"{contract.auth.schemes[0].capitalize()} {key}"}
