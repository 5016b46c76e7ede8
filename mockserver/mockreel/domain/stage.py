"""What an engine is set up with, and what may be changed while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from threading import RLock
from typing import Any

import orjson

from mockreel.domain import capsule as capsules
from mockreel.domain import schedule
from mockreel.domain.callbacks.callback import Stream
from mockreel.domain.callbacks.outbox import Outbox
from mockreel.domain.callbacks.targets import Policy
from mockreel.domain.clock import Clock
from mockreel.domain.dice import Dice
from mockreel.domain.faults.board import Board
from mockreel.domain.faults.glob import matches
from mockreel.domain.faults.kind import FaultError, near_misses
from mockreel.domain.faults.rule import Rule
from mockreel.domain.journal import Journal, fingerprint
from mockreel.domain.masking import Masking
from mockreel.domain.scenario import ScenarioError
from mockreel.domain.service import Service
from mockreel.domain.settings import Settings
from mockreel_contracts import Contract

MOST_KEYS = 100_000  # API keys whose refusals are counted


class Stage:
    """The services of some contracts and everything they share. Every change is made whole, under `lock`."""

    def __init__(self, contracts: Sequence[Contract], *, clock: Clock, settings: Settings | None = None) -> None:
        """Raises ValueError for two contracts of the same name, and for a scenario that is not known."""
        self.settings = settings or Settings()
        self.clock = clock
        self.schedule = schedule.Schedule(clock.now_ms())
        self.dice = Dice(self.settings.seed)
        self.journal = Journal()
        self.masking = Masking(*contracts)  # for requests that are for none of them
        self.lock = RLock()
        self.on_moved: list[Callable[[], None]] = [self.catch_up]  # told whenever a manual clock has been moved
        self.on_steered: list[Callable[[], None]] = []  # see `steered`
        self.board = Board(self.settings.faults, self.dice, clock)
        self.scenarios: dict[str | None, str] = {None: self.settings.scenario} if self.settings.scenario else {}
        self._secrets: dict[tuple[str, str], str | None] = {}
        self._refusals: dict[str, int] = {}
        self._step_ms: int | None = None  # while a step of a capsule is taken: its moment
        self._step_sent = 0
        self.outbox = Outbox(
            policy=Policy(self.settings.allow_hosts),
            dice=self.dice,
            journal=self.journal,
            secret_of=self._secret_of,
            speed=self.settings.speed,
            in_order=clock.is_manual,
        )
        self.services: dict[str, Service] = {}
        for contract in contracts:
            if contract.provider in self.services:
                raise ValueError(f"the provider {contract.provider!r} is given twice")
            dice = Dice(int.from_bytes(self.dice.roll(contract.provider, size=8), "big"))
            self.services[contract.provider] = Service(
                contract, self.settings, dice, clock, self.outbox, self.scenarios
            )
            for operation in contract.operations.values():
                self.board.operations[operation.id] = operation.role
        if self.settings.scenario is not None:
            self._check_scenario(self.settings.scenario)

    def settle(self) -> None:
        """Settle every account up to now, so that a look at a ledger shows what is due."""
        with self.lock:
            self.catch_up()
            now_ms = self.clock.now_ms()
            for service in self.services.values():
                for sandbox in service.sandboxes.values():
                    sandbox.settle(now_ms)

    def set_credits(self, key: str, credits: Decimal | None, *, provider: str | None = None) -> None:
        """Give an API key exactly `credits` (None: without end), with one provider or with all."""
        with self.lock:
            now_ms = self._begin(key)
            for name, service in self.services.items():
                if provider in (None, name):
                    service.set_credits(key, credits, now_ms)
            amount = f"{credits:f}" if credits is not None else "unlimited"
            self._note(now_ms, "credits", fingerprint(key), amount, provider)

    def set_secret(self, key: str, secret: str | None, *, provider: str | None = None) -> None:
        """Sign the callbacks of an API key with `secret` (None: not at all), where the contract takes such a secret."""
        with self.lock:
            now_ms = self._begin(key)
            for name in self.services:
                if provider in (None, name):
                    self._secrets[key, name] = secret
            self._note(now_ms, "secret", fingerprint(key), secret is not None, provider)

    def set_scenario(self, name: str | None, key: str | None = None) -> None:
        """Have the tasks of an API key, or all, follow a scenario unless they ask for another.

        An ErrorCase is a scenario, too. Raises ScenarioError.
        """
        if name is not None:
            self._check_scenario(name)
        with self.lock:
            now_ms = self._begin(key)
            self.scenarios.pop(key, None)
            if name is not None:
                self.scenarios[key] = name
            self._note(now_ms, "scenario", fingerprint(key) if key is not None else None, name)

    def _check_scenario(self, name: str) -> None:
        if name in self.settings.scenarios:
            return
        contracts = [service.contract for service in self.services.values()]
        found = {contract.provider: contract.find_error(name) for contract in contracts}
        case = next((case for case in found.values() if case is not None), None)
        if case is None:
            cases = {case: 0 for contract in contracts for case in contract.errors}
            raise ScenarioError(near_misses("scenario", name, {**self.settings.scenarios, **cases}))
        if None in found.values():
            lacking = ", ".join(provider for provider, known in found.items() if known is None)
            is_common = all(case.id in contract.errors for contract in contracts)
            hint = f"all have {case.id}" if is_common else "ask for it with X-Mock-Scenario on creates of the others"
            raise ScenarioError(f"the error {name[:60]!r} is not one of {lacking}; {hint}")

    def add_faults(self, wanted: Sequence[Mapping[str, Any]]) -> list[Rule]:
        """Arm faults, all or none; each is `{"fault": NAME, ...}` with options as in `rule.make`. Raises FaultError."""
        with self.lock:
            now_ms = self._begin()
            for item in wanted if self.schedule.unknown else ():
                if isinstance(item.get("key"), str):
                    self.meet_key(item["key"])
            with self.board.whole():
                made = [self._arm(item, now_ms) for item in wanted]
            if made:
                self._note(now_ms, "arm", *map(schedule.masked, made))
            return made

    def remove_fault(self, fault_id: str) -> Rule | None:
        """Disarm a fault; None when it is not armed."""
        removed = self.disarm([fault_id])
        return removed[0] if removed else None

    def remove_faults(self, key: str | None = None) -> int:
        """Disarm every fault, or those that are for one API key alone; return how many."""
        with self.lock:
            self._begin(key)
            return len(self.disarm([rule.id for rule in self.board if key in (None, rule.match.key)]))

    def disarm(self, ids: Sequence[str]) -> list[Rule]:
        """Disarm faults by their ids; returns those that were armed."""
        with self.lock:
            now_ms = self._begin()
            removed = [rule for rule in map(self.board.remove, ids) if rule is not None]
            if removed:
                self._note(now_ms, "disarm", *(rule.id for rule in removed))
            return removed

    def steered(self) -> None:
        """What is armed, or the time, has been changed: tell those who follow. Not for those who hold the lock."""
        for tell in tuple(self.on_steered):
            tell()

    def _arm(self, item: Mapping[str, Any], now_ms: int) -> Rule:
        options = {str(name): value for name, value in item.items() if name != "fault"}
        name = item.get("fault")
        if not isinstance(name, str):
            raise FaultError('each fault is named: {"fault": NAME}; GET /_mock/faults/kinds lists them')
        if name not in self.board.kinds and self._is_case(name):  # short for the fault that makes errors
            if "case" in options:
                raise FaultError(f"{name[:60]!r} is an error case itself: leave out case")
            name, options = "error", {"case": name, **options}
        rule = self.board.arm(name, options, now_ms)
        self._check_provider(rule)
        self._check_cases(rule)
        try:
            orjson.dumps([rule.options(), rule.effects], default=dict)
        except TypeError:
            raise FaultError(f"{name} is given what JSON cannot hold") from None
        return rule

    def _is_case(self, word: str) -> bool:
        return any(service.contract.find_error(word) is not None for service in self.services.values())

    def _check_provider(self, rule: Rule) -> None:
        wanted = rule.match.provider
        if wanted is not None and not any(matches(wanted, name) for name in self.services):
            raise FaultError(f"no provider {wanted!r} is served; served are {', '.join(self.services)}")

    def _check_cases(self, rule: Rule) -> None:
        """Raise FaultError for an ErrorCase that no provider has which the rule can meet."""
        for effect in ("case", "late_case", "error"):
            word = rule.effects.get(effect)
            known = [s.contract for n, s in self.services.items() if matches(rule.match.provider or "*", n)]
            if isinstance(word, str) and not any(contract.find_error(word) for contract in known):
                raise FaultError(near_misses("error case", word, {n: 0 for c in known for n in c.errors}))

    def capsule(self) -> str:
        """Return one line that sets up the same run again (see `capsule`)."""
        with self.lock:
            return capsules.take(self)

    def catch_up(self, *, is_calling: bool = False) -> None:
        """Take the steps of the capsule whose place has come (see `Schedule.due`)."""
        if self._step_ms is not None:
            return  # one of them is being taken
        now_ms = self.clock.now_ms()
        while step := self.schedule.due(now_ms, self.outbox.begun, is_calling=is_calling):
            self._step_ms, self._step_sent = min(self.schedule.started_ms + step.ms, now_ms), step.sent
            try:
                with suppress(FaultError):  # others have armed so many that there is no place left
                    schedule.take(self, step)
            finally:
                self._step_ms = None

    def follow(self, steps: Sequence[schedule.Step]) -> None:
        """Take the steps of a capsule, each in its place. Raises ValueError for one that can never be taken."""
        for step in steps:
            schedule.take(self, step)
            self.board.clear()
        self.reset()
        self.schedule.follow(steps)
        self.catch_up()

    def _note(self, now_ms: int, verb: str, *arguments: Any) -> None:
        sent = self.outbox.begun if self._step_ms is None else self._step_sent
        self.schedule.note(now_ms, sent, verb, *arguments)

    def _begin(self, key: str | None = None) -> int:
        """Begin a step about an API key, or all, after those whose place has come. Returns its moment."""
        self.catch_up()
        if key is not None and self.schedule.unknown:
            self.meet_key(key)
        return self._step_ms if self._step_ms is not None else self.clock.now_ms()

    def meet_key(self, key: str) -> None:
        """An API key calls, or is named: have for it what a capsule has set up for its fingerprint."""
        name = self.schedule.met(key)
        if not name:
            return
        self.board.rename(name, key)
        for service in self.services.values():
            service.rename(name, key)
        if name in self.scenarios:
            self.scenarios.setdefault(key, self.scenarios.pop(name))
        for provider in [provider for owner, provider in self._secrets if owner == name]:
            self._secrets.setdefault((key, provider), self._secrets.pop((name, provider)))

    def trace_id(self, key: str) -> str:
        """Return the id of an API key's next refusal; the calls of others do not change it."""
        number = self._refusals[key] = self._refusals.get(key, 0) + 1
        if len(self._refusals) > MOST_KEYS:
            del self._refusals[next(iter(self._refusals))]
        return self.dice.roll("trace", key, number).hex()

    def reset(self, key: str | None = None) -> None:
        """Forget tasks, accounts, callbacks and journal of one key, or of all. The clock goes on.

        When all is forgotten, so are the steps that led there, and a new run starts.
        """
        with self.lock:
            now_ms = self._begin(key)
            for service in self.services.values():
                service.reset(key)
            self.outbox.clear(key)
            self.board.clear(key)
            self.journal.clear(fingerprint(key) if key is not None else None)
            if key is None:
                self._secrets.clear()
                self._refusals.clear()
                self.scenarios.clear()
                if self.settings.scenario:
                    self.scenarios[None] = self.settings.scenario
                self.journal.seq = 0  # with a standing clock, the same calls give the same bytes again
                self.schedule = schedule.Schedule(now_ms)
            else:
                for name in self.services:
                    self._secrets.pop((key, name), None)
                self._refusals.pop(key, None)
                self.scenarios.pop(key, None)
                self._note(now_ms, "reset", fingerprint(key))

    def signing_secrets(self) -> tuple[str, ...]:
        """Return everything that callbacks may be signed with, for a receiver that is to take them all."""
        with self.lock:
            own = [secret for secret in self._secrets.values() if secret]
            keys = [key for service in self.services.values() for key in service.sandboxes]
            default = self.settings.callback_secret
            return tuple(dict.fromkeys([*own, *([default] if default else []), *keys]))

    def secret_kind(self, key: str, service: Service) -> str:
        """Return what signs the callbacks of an API key: `own`, `default`, `api key`, or `none`."""
        rules = service.contract.callback
        if rules is None or rules.signature is None:
            return "none"
        if rules.signature.key == "api_key":
            return "api key"
        place = (key, service.contract.provider)
        secret = self._secrets.get(place, self.settings.callback_secret)
        return "none" if secret is None else "own" if place in self._secrets else "default"

    def _secret_of(self, stream: Stream) -> str | None:
        signature, key = stream.rules.signature, stream.task.sandbox.key
        if signature is not None and signature.key == "api_key":
            return key
        return self._secrets.get((key, stream.service.contract.provider), self.settings.callback_secret)
