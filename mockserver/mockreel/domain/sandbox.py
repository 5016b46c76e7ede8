"""Everything that belongs to one API key of one provider."""

from __future__ import annotations

import heapq
from decimal import Decimal

from mockreel.domain.dice import Dice
from mockreel.domain.faults.effects import MoneyEffects
from mockreel.domain.ledger import Account
from mockreel.domain.limits import NEVER_MS, Places, RateWindow
from mockreel.domain.task import Task
from mockreel.domain.timeline import Moment
from mockreel_contracts import Contract, Model, Operation, Phase
from mockreel_contracts.model import ConcurrencyLimit, RateLimit


class Sandbox:
    """The tasks, the ledger and the limits of one API key. Sandboxes do not see each other."""

    __slots__ = (
        "_contract",
        "_due",
        "_late",
        "_open",
        "_refund",
        "account",
        "delays",
        "dice",
        "key",
        "ordinal",
        "places",
        "tasks",
        "window",
    )

    def __init__(
        self,
        key: str,
        contract: Contract,
        dice: Dice,
        account: Account,
        rate: RateLimit | None,
        concurrency: ConcurrencyLimit | None,
    ) -> None:
        self.key = key
        self.dice = dice
        self.account = account
        self.ordinal = 0
        self.tasks: list[Task] = []
        self.window = RateWindow(rate.requests, rate.window_ms) if rate else None
        self.places = Places(concurrency.tasks) if concurrency else None
        self._contract = contract
        self._refund = frozenset(contract.credits.refund)
        self._due: list[tuple[int, int, Task]] = []
        self._open: dict[int, Phase] = {}  # by ordinal: the phase in which a task will end
        self._late: dict[int, int] = {}  # refunds that a fault holds back, and until when
        self.delays: dict[int, int] = {}  # by ordinal: how long a task waits for a place

    def submit_operation(self, model: Model) -> Operation:
        """Return the operation that tasks of a model are made with."""
        return next(o for o in self._contract.by_role("submit") if model.name in o.models)

    def add(self, task: Task, now_ms: int) -> None:
        """Take in a new task and pay for it (or promise to). The caller has made sure that it can be paid."""
        is_prepaid = self._contract.credits.charge == "submit"
        if is_prepaid:
            self.account.charge(task.price)
        else:
            self.account.held += task.price
        self.tasks.append(task)
        if task.looks is not None:
            if task.course.expiry is not None:
                after_ms, state, _ = task.course.expiry
                self._await(task, task.created_ms + after_ms, state.phase)
        elif not (task.course.is_sure and is_prepaid and self.places is None):
            end_ms, phase = _end(task, now_ms)
            self._await(task, end_ms, phase)
            if self.places is not None:
                self.places.occupy(end_ms)

    def settle(self, now_ms: int) -> None:
        """Do what money needs up to `now_ms`: refund what failed, charge what succeeded."""
        while self._due and self._due[0][0] <= now_ms:
            due_ms, ordinal, task = heapq.heappop(self._due)
            if self._late.get(ordinal) == due_ms:
                del self._late[ordinal]
                self.account.refund(task.price)
            elif ordinal in self._open:
                self.finish(task, self._open[ordinal], due_ms)

    def finish(self, task: Task, phase: Phase, at_ms: int) -> None:
        """A task has come to its end in `phase`: pay it back or charge it, once."""
        self._open.pop(task.ordinal, None)
        if self._contract.credits.charge == "submit":
            if phase in self._refund:
                self._pay_back(task, at_ms)
            return
        self.account.held -= task.price
        if phase is Phase.SUCCEEDED:
            self.account.charge(task.price)

    def _pay_back(self, task: Task, at_ms: int) -> None:
        met = task.met("money")
        if not met:
            self.account.refund(task.price)
            return
        money = MoneyEffects(**met)
        if money.refund_late_s and not money.no_refund:
            due_ms = self._late[task.ordinal] = at_ms + round(money.refund_late_s * 1000)
            heapq.heappush(self._due, (due_ms, task.ordinal, task))
        elif not money.no_refund:
            self.account.refund(task.price)

    def give_place_on(self, now_ms: int) -> list[Task]:
        """A task was ended from outside: the tasks that wait for a place move up, in their order. Returns them."""
        if self.places is None:
            return []
        self.places.clear()
        waiting = []
        for task in self.tasks:
            moment = task.moment(now_ms)
            if task.looks is not None or moment.state.phase.is_terminal:
                continue
            if task.ordinal in self.delays and moment.state.phase is Phase.QUEUED:
                waiting.append(task)
            else:
                self.places.occupy(_end(task, now_ms)[0])
        for task in waiting:
            wait_ms = now_ms - task.created_ms + self.places.wait_ms(now_ms)
            self.delays[task.ordinal] = min(self.delays[task.ordinal], wait_ms)
            end_ms, phase = _end(task, now_ms)
            self.places.occupy(end_ms)
            self._await(task, end_ms, phase)
        return waiting

    def _await(self, task: Task, end_ms: int, phase: Phase) -> None:
        if end_ms < NEVER_MS:
            self._open[task.ordinal] = phase
            heapq.heappush(self._due, (end_ms, task.ordinal, task))

    def charged_now(self, task: Task, moment: Moment) -> Decimal:
        """Return what a task has cost so far, refunds taken off."""
        phase = moment.state.phase
        if self._contract.credits.charge == "success":
            return task.price if phase is Phase.SUCCEEDED else Decimal(0)
        return Decimal(0) if phase in self._refund else task.price


def _end(task: Task, now_ms: int) -> tuple[int, Phase]:
    """Return when a task will end (NEVER_MS: it will not), and in which phase."""
    last = task.timeline(now_ms)[-1]
    phase = last.state.phase
    return min(last.start_ms, NEVER_MS) if phase.is_terminal else NEVER_MS, phase
