"""Everything that belongs to one API key of one provider."""

from __future__ import annotations

import heapq
from decimal import Decimal

from mockreel.domain.dice import Dice
from mockreel.domain.ledger import Account
from mockreel.domain.limits import NEVER_MS, Places, RateWindow
from mockreel.domain.task import Task
from mockreel.domain.timeline import Moment
from mockreel_contracts import Contract, Phase
from mockreel_contracts.model import ConcurrencyLimit, RateLimit


class Sandbox:
    """The tasks, the ledger and the limits of one API key. Sandboxes do not see each other."""

    __slots__ = (
        "_contract",
        "_due",
        "_refund",
        "account",
        "calls",
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
        self.calls = 0
        self.tasks: list[Task] = []
        self.window = RateWindow(rate.requests, rate.window_ms) if rate else None
        self.places = Places(concurrency.tasks) if concurrency else None
        self._contract = contract
        self._refund = frozenset(contract.credits.refund)
        self._due: list[tuple[int, int, Task]] = []

    def add(self, task: Task, now_ms: int) -> None:
        """Take in a new task and pay for it (or promise to). The caller has made sure that it can be paid."""
        if self._contract.credits.charge == "submit":
            self.account.charge(task.price)
        else:
            self.account.held += task.price
        self.tasks.append(task)
        if task.looks is not None:
            return
        ends_well = not task.course.is_stuck and task.course.way[-1].phase is Phase.SUCCEEDED
        has_limits = self.places is not None
        if ends_well and task.course.expiry is None and self._contract.credits.charge == "submit" and not has_limits:
            return  # nothing will ever have to be settled
        last = task.timeline(now_ms)[-1]
        end_ms = last.start_ms if last.state.phase.is_terminal else NEVER_MS
        if self.places is not None:
            self.places.occupy(end_ms)
        if end_ms < NEVER_MS:
            heapq.heappush(self._due, (end_ms, task.ordinal, task))

    def settle(self, now_ms: int) -> None:
        """Do what money needs up to `now_ms`: refund what failed, charge what succeeded."""
        while self._due and self._due[0][0] <= now_ms:
            _, _, task = heapq.heappop(self._due)
            if task.cut is None:
                self.settle_end(task, task.moment(now_ms).state.phase)

    def settle_end(self, task: Task, phase: Phase) -> None:
        """A task has come to its end in `phase`."""
        if self._contract.credits.charge == "submit":
            if phase in self._refund:
                self.account.refund(task.price)
            return
        self.account.held -= task.price
        if phase is Phase.SUCCEEDED:
            self.account.charge(task.price)

    def end_early(self, task: Task, now_ms: int) -> None:
        """Free the place of a task that is about to be cut."""
        if self.places is not None and task.looks is None:
            last = task.timeline(now_ms)[-1]
            self.places.release(last.start_ms if last.state.phase.is_terminal else NEVER_MS)

    def charged_now(self, task: Task, moment: Moment) -> Decimal:
        """Return what a task has cost so far, refunds taken off."""
        phase = moment.state.phase
        if self._contract.credits.charge == "success":
            return task.price if phase is Phase.SUCCEEDED else Decimal(0)
        return Decimal(0) if phase in self._refund else task.price
