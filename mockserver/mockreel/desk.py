"""The director's desk: what can be looked at and steered while a mock runs, in the words of the control API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import EllipsisType
from typing import Any, Literal

from mockreel.domain import explain, search
from mockreel.domain.callbacks.callback import Callback
from mockreel.domain.engine import Engine
from mockreel.domain.export import Record
from mockreel.domain.faults.kind import FaultKind
from mockreel.domain.faults.rule import Rule
from mockreel.domain.given import credits_of, key_of
from mockreel.domain.journal import Journal
from mockreel.domain.ledger import Account
from mockreel.domain.scenario import Scenario
from mockreel.domain.service import Service
from mockreel.domain.task import Task
from mockreel.server.courier import Courier
from mockreel.server.steering import SteeredClock
from mockreel_contracts import ErrorCase

ORIGIN = "http://127.0.0.1:8455"


class Desk:
    """Looks into an engine and steers it. Every name is that of the control API's operation which does the same."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._courier = Courier(engine)
        self.clock = SteeredClock(engine, self._courier)

    # -- tasks ---------------------------------------------------------------------------------------------------------

    @property
    def tasks(self) -> list[Task]:
        """Every task so far, oldest first by provider."""
        with self.engine.lock:
            return [task for service in self.engine.services.values() for task in service.tasks.values()]

    def task(self, task_id: str) -> dict[str, Any]:
        """Return everything about a task, as it is now. Raises ValueError for a task that is not there."""
        with self.engine.lock:
            service, found = self._task(task_id)
            return explain.task(service, found, self.clock.now_ms(), ORIGIN)

    def explain(self, task_id: str) -> dict[str, Any]:
        """Return why a task is in its state and what comes next. Raises ValueError for a task that is not there."""
        with self.engine.lock:
            service, found = self._task(task_id)
            return explain.explain(service, found, self.clock.now_ms(), self.engine.journal)

    # -- keys ----------------------------------------------------------------------------------------------------------

    def ledger(self, key: str, provider: str | None = None) -> Account:
        """Return the account of an API key, settled up to now; `provider` is needed where several are served."""
        names = [provider] if provider is not None else list(self.engine.services)
        if len(names) != 1 or names[0] not in self.engine.services:
            raise ValueError(f"name one provider of {', '.join(self.engine.services)}, got {provider!r}")
        self.engine.settle()
        return self.engine.services[names[0]].sandbox(key_of(key)).account

    def set_key(
        self,
        key: str,
        *,
        credits: float | Decimal | Literal["unlimited"] | EllipsisType = ...,
        callback_secret: str | EllipsisType | None = ...,
        scenario: str | EllipsisType | None = ...,
        provider: str | None = None,
    ) -> None:
        """Give an API key exactly so many credits, a callback secret (None: unsigned), a scenario (None: none).

        What is left out stays. `provider` limits credits and secret to one. Raises ValueError; then nothing is changed.
        """
        if credits is ... and callback_secret is ... and scenario is ...:
            raise ValueError('say credits (a number or "unlimited"), callback_secret or scenario (text or None)')
        if provider is not None and provider not in self.engine.services:
            raise ValueError(f"no provider {provider!r} is served; served are {', '.join(self.engine.services)}")
        if callback_secret == "":
            raise ValueError("a callback secret is a text of 1 or more characters; None turns signing off")
        key_of(key)
        amount = None if credits is ... else credits_of(credits)
        with self.engine.lock:
            if scenario is not ...:  # the one that may be refused comes first
                self.engine.set_scenario(scenario, key)
            if credits is not ...:
                self.engine.set_credits(key, amount, provider=provider)
            if callback_secret is not ...:
                self.engine.set_secret(key, callback_secret, provider=provider)

    # -- outcomes ------------------------------------------------------------------------------------------------------

    @property
    def errors(self) -> Mapping[str, Mapping[str, ErrorCase]]:
        """The error cases by provider and id: what the key mock-CASE, X-Mock-Fault and `fail_next` take."""
        return {name: service.contract.errors for name, service in self.engine.services.items()}

    @property
    def scenarios(self) -> Mapping[str, Scenario]:
        """The scenarios by name: what [[mock:NAME]] in a prompt, X-Mock-Scenario and `use_scenario` take."""
        return self.engine.settings.scenarios

    @property
    def scenario(self) -> str | None:
        """The scenario of every task that asks for none."""
        return self.engine.scenarios.get(None)

    def use_scenario(self, scenario: str | None, *, key: str | None = None) -> None:
        """Have the tasks of an API key, or all, follow a scenario unless they ask for another.

        Raises ScenarioError, and ValueError for what is no API key.
        """
        self.engine.set_scenario(scenario, key_of(key) if key is not None else None)

    @property
    def fault_kinds(self) -> Mapping[str, FaultKind]:
        """Every fault that can be armed, by name, with its fields."""
        return self.engine.settings.faults

    @property
    def faults(self) -> list[Rule]:
        """The faults that are armed, in the order in which they compose."""
        return list(self.engine.board)

    def add_fault(self, fault: str, **options: Any) -> Rule:
        """Arm a fault.

        >>> mock.add_fault("answer_lost", on="submit", times=1, key="test-*")

        `options` are the fault's own fields (`mockreel faults list`), which calls are meant (provider, on, key, test,
        model, prompt, task: globs) and when (after, every, times, probability, from_s, until_s, ramp_s, ttl_s; counted
        for each API key). Raises FaultError for what is not known.
        """
        return self.add_faults([{"fault": fault, **options}])[0]

    def add_faults(self, faults: Sequence[Mapping[str, Any]]) -> list[Rule]:
        """Arm faults, all or none; each is `{"fault": NAME, ...}` with options as in `add_fault`. Raises FaultError."""
        made = self.engine.add_faults(faults)
        self.engine.steered()
        return made

    def fail_next(self, case: str, *, times: int = 1, **options: Any) -> Rule:
        """Refuse the next `times` calls of each API key with an ErrorCase, named by id, code or reason."""
        return self.add_fault("error", case=str(case), times=times, **options)

    def remove_fault(self, fault_id: str) -> Rule:
        """Disarm a fault and return it. Raises ValueError when it is not armed."""
        found = self.engine.remove_fault(fault_id)
        if found is None:
            raise ValueError(f"no fault {fault_id!r} is armed")
        self.engine.steered()
        return found

    def remove_faults(self, key: str | None = None) -> int:
        """Disarm every fault, or those that are for this API key alone; return how many."""
        count = self.engine.remove_faults(key_of(key) if key is not None else None)
        self.engine.steered()
        return count

    # -- what happened -------------------------------------------------------------------------------------------------

    @property
    def journal(self) -> Journal:
        """Every exchange and every delivery so far."""
        return self.engine.journal

    def find(
        self,
        *,
        key: str | None = None,
        task_id: str | None = None,
        operation: str | None = None,
        fault: str | None = None,
        outcome: str | None = None,
    ) -> list[Record]:
        """Return the records of the journal that fit all that is asked, oldest first.

        `outcome` is `ok`, `refused`, `unexpected` (for no operation of any contract), `unreached` (the connection
        broke before), `undelivered` (a callback), or the id of an ErrorCase; `operation` is an operationId, `result`
        or `callback`. Raises ValueError for a fault, an operation or an outcome that is not known.
        """
        if key is not None:
            key_of(key)
        with self.engine.lock:
            return search.found(
                self.engine, key=key, task_id=task_id, operation=operation, fault=fault, outcome=outcome
            )

    def export(self, form: search.Form = "ndjson", *, origin: str = ORIGIN, **asked: Any) -> str:
        """Return what `find(**asked)` finds as `ndjson`, `har`, or `curl` lines. Keys are masked.

        `origin` is the base of the URLs, such as that of a served mock. Raises ValueError for another form.
        """
        if form not in ("ndjson", "har", "curl"):
            raise ValueError(f"a form is ndjson, har or curl, got {form!r}")
        with self.engine.lock:
            return search.exported(self.find(**asked), form, origin).decode()

    def explain_call(self, seq: int) -> dict[str, Any]:
        """Return why a call was answered as it was, and what to do. Raises ValueError when the journal has it not."""
        with self.engine.lock:
            told = search.explained(self.engine, seq, ORIGIN)
        if isinstance(told, str):
            raise ValueError(told)
        return told

    @property
    def callbacks(self) -> list[Callback]:
        """Every callback so far with its attempts, oldest first."""
        with self.engine.lock:
            return list(self.engine.outbox.records)

    def redeliver(self, callback_id: str) -> Callback:
        """Send a callback once more, now; return it with what came of it. Raises ValueError where it cannot be sent."""
        with self.engine.lock:
            found = self.engine.outbox.records.find(callback_id)
        if found is None:
            raise ValueError(f"there is no callback {callback_id!r}")
        outcome = self._courier.send_again(found)
        if isinstance(outcome, str):
            raise ValueError(outcome)
        return found

    def reset(self, key: str | None = None) -> None:
        """Forget tasks, accounts, callbacks, faults and journal of one API key, or of all. The clock goes on."""
        self.engine.reset(key_of(key) if key is not None else None)
        self.engine.steered()

    def _task(self, task_id: str) -> tuple[Service, Task]:
        for service in self.engine.services.values():
            if task_id in service.tasks:
                return service, service.tasks[task_id]
        raise ValueError(f"there is no task {task_id!r}")
