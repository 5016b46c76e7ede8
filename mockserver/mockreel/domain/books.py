"""The tasks and accounts of one provider, and the limits that they are held to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mockreel.domain import assets, links
from mockreel.domain.agenda import Agenda
from mockreel.domain.callbacks.outbox import Outbox
from mockreel.domain.clock import Clock
from mockreel.domain.dice import Dice
from mockreel.domain.gate import Call
from mockreel.domain.hidden import Hidden
from mockreel.domain.ids import IdMaker
from mockreel.domain.ledger import Account
from mockreel.domain.masking import Masking
from mockreel.domain.planning import Courses
from mockreel.domain.refusal import Refusal
from mockreel.domain.sandbox import Sandbox
from mockreel.domain.settings import Settings
from mockreel.domain.task import Task
from mockreel_contracts import Contract, Phase

_KEPT_SANDBOXES = 10_000  # beyond these, keys that made no task are forgotten


class Books:
    """What a provider keeps: tasks by id, and a sandbox for each API key."""

    def __init__(
        self,
        contract: Contract,
        settings: Settings,
        dice: Dice,
        clock: Clock,
        outbox: Outbox,
        scenarios: Mapping[str | None, str],
    ) -> None:
        self.contract = contract
        self.masking = Masking(contract)
        self.settings = settings
        self.clock = clock
        self.dice = dice
        self.outbox = outbox
        self.scenarios = scenarios  # by API key; None is for all
        self.tasks: dict[str, Task] = {}
        self.sandboxes: dict[str, Sandbox] = {}
        self.granted: dict[str, Decimal | None] = {}
        self.agenda = Agenda()
        self.hidden = Hidden()
        self.ids = IdMaker(contract.id_format, dice)
        self.courses = Courses(contract, settings)

    def sandbox(self, key: str) -> Sandbox:
        """Return the sandbox of an API key; a new one is kept only once it holds something (see `Service`)."""
        found = self.sandboxes.get(key)
        if found is not None:
            return found
        credits = self.granted.get(key, self.settings.credits)
        account = Account(credits if credits is not None else Decimal(0), is_unlimited=credits is None)
        limits = self.settings.limits
        rate, concurrency = self.contract.rate, self.contract.concurrency
        return Sandbox(
            key, self.contract, self.dice, account, rate if limits else None, concurrency if limits else None
        )

    def set_credits(self, key: str, credits: Decimal | None, now_ms: int) -> None:
        """Give an API key exactly `credits` (None: without end)."""
        self.granted[key] = credits
        sandbox = self.sandboxes.get(key)
        if sandbox is not None:
            sandbox.settle(now_ms)
            sandbox.account.is_unlimited = credits is None
            if credits is not None:
                sandbox.account.set_balance(credits)

    def rename(self, name: str, key: str) -> None:
        """Have the credits that are meant for the key `name` be for `key`."""
        if name in self.granted:
            self.granted.setdefault(key, self.granted.pop(name))

    def reset(self, key: str | None = None) -> None:
        """Forget the tasks and accounts of one key, or of all."""
        for sandbox in [s for s in self.sandboxes.values() if key in (None, s.key)]:
            self.agenda.forget(sandbox.tasks)
            for task in sandbox.tasks:
                self.tasks.pop(task.id, None)
                self.hidden.forget(task.id)
            del self.sandboxes[sandbox.key]
            self.granted.pop(sandbox.key, None)
        if key is None:
            self.granted.clear()
            self.ids = IdMaker(self.contract.id_format, self.dice)
        else:
            self.granted.pop(key, None)
        self.courses.tally.forget_key(key)

    def asset(self, task_id: str, name: str, now_ms: int) -> assets.Asset | str:
        """Return the result file `name` of a task, or why there is none."""
        task = self.tasks.get(task_id)
        kind = assets.NAMES.get(name)
        if task is None or kind is None:
            return f"no task {task_id!r} has a file {name!r}"
        moment = task.moment(now_ms)
        if moment.state.phase is not Phase.SUCCEEDED:
            return f"task {task_id} is in state {moment.state.wire}, so it has no result"
        return links.asset_of(self.contract, task, kind, moment, now_ms)

    def look(self, task: Task, now_ms: int) -> None:
        """Count a look at a task, which may move it on."""
        if task.look(now_ms):
            phase = task.moment(now_ms).state.phase
            if phase.is_terminal:
                task.sandbox.finish(task, phase, now_ms)
            self.agenda.touch(task)
            self.outbox.touch(task, now_ms)

    def check_rate(self, sandbox: Sandbox, call: Call) -> None:
        """Count a call of an API key. Raises Refusal when there were too many."""
        if sandbox.window is None:
            return
        if len(self.sandboxes) >= _KEPT_SANDBOXES and call.key not in self.sandboxes:
            self._forget_idle()
        self.sandboxes.setdefault(call.key, sandbox)
        wait_ms = sandbox.window.take(call.now_ms)
        if wait_ms:
            raise Refusal(
                self.contract.refusal("rate_limited", call.operation),
                f"rate limit reached, {wait_ms} ms to wait",
                retry_after_s=str(-(-wait_ms // 1000)),
            )

    def _forget_idle(self) -> None:
        """Drop the sandboxes that hold nothing but the times of calls."""
        for key in [key for key, sandbox in self.sandboxes.items() if not sandbox.tasks]:
            del self.sandboxes[key]

    def check_places(self, sandbox: Sandbox, call: Call) -> int:
        """Return how long a new task waits for a place, in ms. Raises Refusal where it may not wait."""
        limit = self.contract.concurrency
        if sandbox.places is None or limit is None:
            return 0
        wait_ms = sandbox.places.wait_ms(call.now_ms)
        if wait_ms and limit.excess == "refuse":
            raise Refusal(
                self.contract.refusal("too_many_tasks", call.operation),
                f"{limit.tasks} tasks are unfinished already",
                retry_after_s=str(min(-(-wait_ms // 1000), 3600)),
            )
        return wait_ms
