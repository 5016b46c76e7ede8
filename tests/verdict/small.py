"""A client of a few lines, of which careless ones are made; and a careful one, the reference client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx2
import orjson

from mockreel.verdict.stage import Stage
from mockreel_client import AsyncClient, CallbackInbox, Client, parse_callback
from mockreel_client.callback_errors import CallbackError


class Small:
    """Calls the provider, looks at nothing, and waits where it is told to."""

    def __init__(self, stage: Stage, *, header: str = "", scheme: str = "") -> None:
        auth = stage.contract.auth
        headers = {header or auth.header: f"{scheme or auth.schemes[0].capitalize()} {stage.api_key}"}
        self.stage = stage
        self.http = httpx2.Client(transport=stage.transport(), base_url=stage.base_url, headers=headers)
        self.submit = stage.contract.by_role("submit")[0]
        self.query = stage.contract.by_role("query")[0]

    def create(self, body: Any = None, *, params: dict[str, str] | None = None) -> Any:
        """Send a create; returns the answer."""
        sent = self.stage.body if body is None else body
        return self.http.request(self.submit.method, self.submit.path, json=sent, params=params)

    def task_id(self, answer: Any) -> Any:
        """Return the id in the answer to a create, None without one."""
        return self.submit.answer["task_id"]({"body": orjson.loads(answer.content)})

    def look(self, task_id: Any) -> Any:
        """Query a task; returns the answer."""
        path, params = self.query.path, {}
        for each in self.query.parameters:
            if each.where == "path":
                path = path.replace("{" + each.name + "}", str(task_id))
            else:
                params[each.name] = str(task_id)
        return self.http.get(path, params=params)

    def read(self, answer: Any, name: str) -> Any:
        """Return what the answer to a query says: `state`, `urls`. Raises JSONDecodeError."""
        return self.query.answer[name]({"body": orjson.loads(answer.content)})

    def state(self, task_id: Any) -> Any:
        """Return the state of a task."""
        return self.read(self.look(task_id), "state")

    def words(self, phase: str) -> set[str]:
        """Return the states of a phase, as they are on the wire."""
        return {state.wire for state in self.stage.contract.lifecycle.states.values() if state.phase == phase}

    def until(self, task_id: Any, is_over: Callable[[Any], bool], *, every_s: float = 5.0) -> Any:
        """Look until something holds of the answer, without end; returns the last answer."""
        while True:
            answer = self.look(task_id)
            if is_over(answer):
                return answer
            self.stage.clock.sleep(every_s)

    def done(self, answer: Any) -> bool:
        """Whether an answer tells of success or failure."""
        with suppress(ValueError):
            return self.read(answer, "state") in self.words("succeeded") | self.words("failed")
        return False

    def finished(self, *, every_s: float = 5.0) -> tuple[Any, Any]:
        """Make a task and wait for its end; returns its id and the last answer."""
        task_id = self.task_id(self.create())
        if task_id is None:
            raise LookupError("no task was made")
        return task_id, self.until(task_id, self.done, every_s=every_s)

    def save(self, answer: Any) -> None:
        """Download the first result as it comes, whatever comes."""
        url = self.read(answer, "urls")[0]
        content = b""
        with suppress(httpx2.HTTPError), httpx2.Client(transport=self.stage.transport()) as http:  # noqa: SIM117
            with http.stream("GET", url) as response:
                for chunk in response.iter_bytes():
                    content += chunk
        (self.stage.folder / "film.mp4").write_bytes(content)


class Careful:
    """The reference client, with its receiver of callbacks."""

    def __init__(self) -> None:
        self.inbox = CallbackInbox()
        self.stage: Stage | None = None

    def run(self, stage: Stage) -> None:
        """Make a task, wait for it, download its result."""
        self.stage = stage
        with (
            httpx2.Client(transport=stage.transport()) as http,
            Client(
                stage.contract,
                api_key=stage.api_key,
                base_url=stage.base_url,
                http_client=http,
                clock=stage.clock,
                chance=lambda: 0.5,
            ) as client,
        ):
            client.download(client.run(stage.body), stage.folder)

    async def run_async(self, stage: Stage) -> None:
        """The same with the async client."""
        self.stage = stage
        async with (
            httpx2.AsyncClient(transport=stage.transport()) as http,
            AsyncClient(
                stage.contract,
                api_key=stage.api_key,
                base_url=stage.base_url,
                http_client=http,
                clock=stage.clock,
                chance=lambda: 0.5,
            ) as client,
        ):
            await client.download(await client.run(stage.body), stage.folder)

    def receive(self, headers: list[tuple[str, str]], body: bytes, target: str) -> int:
        """Verify a callback, and remember it."""
        stage = self.stage
        assert stage is not None
        assert stage.contract.callback is not None
        signature = stage.contract.callback.signature
        assert signature is not None
        secret = stage.api_key if signature.key == "api_key" else stage.callback_secret
        path, _, query = target.partition("?")
        try:
            event = parse_callback(
                headers, body, secret, provider=stage.contract, now=stage.clock.now(), path=path, query=query
            )
        except CallbackError as error:
            return error.status
        self.inbox.take(event)
        return 200


def blind(headers: list[tuple[str, str]], body: bytes, target: str) -> int:
    """Take whatever comes."""
    return 200
