"""What an engine is set up with, and what may be changed while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from threading import RLock
from typing import Any

import orjson

from mockreel.domain import capsule as capsules
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
from mockreel.domain.scenario import ScenarioError
from mockreel.domain.service import Service
from mockreel.domain.settings import DEFAULT_SECRET, Settings
from mockreel_contracts import Contract


class Stage:
    """The services of some contracts and everything they share. Every change is made whole, under `lock`."""

    def __init__(self, contracts: Sequence[Contract], *, clock: Clock, settings: Settings | None = None) -> None:
        """Raises ValueError for two contracts of the same name, and for a scenario that is not known."""
        self.settings = settings or Settings()
        self.clock = clock
        self.started_ms = clock.now_ms()
        self.dice = Dice(self.settings.seed)
        self.journal = Journal()
        self.lock = RLock()
        self.on_moved: list[Callable[[], None]] = []  # told whenever a manual clock has been moved
        self.on_steered: list[Callable[[], None]] = []  # see `steered`
        self.board = Board(self.settings.faults, self.dice, clock)
        self.scenarios: dict[str | None, str] = {None: self.settings.scenario} if self.settings.scenario else {}
        self._secrets: dict[tuple[str, str], str | None] = {}
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
            now_ms = self.clock.now_ms()
            for service in self.services.values():
                for sandbox in service.sandboxes.values():
                    sandbox.settle(now_ms)

    def set_credits(self, key: str, credits: Decimal | None, *, provider: str | None = None) -> None:
        """Give an API key exactly `credits` (None: without end), with one provider or with all."""
        with self.lock:
            for name, service in self.services.items():
                if provider in (None, name):
                    service.set_credits(key, credits)

    def set_secret(self, key: str, secret: str | None, *, provider: str | None = None) -> None:
        """Sign the callbacks of an API key with `secret` (None: not at all), where the contract takes such a secret."""
        with self.lock:
            for name in self.services:
                if provider in (None, name):
                    self._secrets[key, name] = secret

    def set_scenario(self, name: str | None, key: str | None = None) -> None:
        """Have the tasks of an API key, or all, follow a scenario unless they ask for another.

        An ErrorCase is a scenario, too. Raises ScenarioError.
        """
        if name is not None:
            self._check_scenario(name)
        with self.lock:
            self.scenarios.pop(key, None)
            if name is not None:
                self.scenarios[key] = name

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
            made: list[Rule] = []
            try:
                for item in wanted:
                    made.append(self._arm(item))  # noqa: PERF401 - those made before one that fails are disarmed
            except BaseException:
                for each in made:
                    self.board.remove(each.id)
                raise
            return made

    def remove_fault(self, fault_id: str) -> Rule | None:
        """Disarm a fault; None when it is not armed."""
        with self.lock:
            return self.board.remove(fault_id)

    def remove_faults(self, key: str | None = None) -> int:
        """Disarm every fault, or those that are for one API key alone; return how many."""
        with self.lock:
            return len([self.board.remove(rule.id) for rule in self.board if key in (None, rule.match.key)])

    def steered(self) -> None:
        """What is armed, or the time, has been changed: tell those who follow. Not for those who hold the lock."""
        for tell in tuple(self.on_steered):
            tell()

    def _arm(self, item: Mapping[str, Any]) -> Rule:
        options = {str(name): value for name, value in item.items() if name != "fault"}
        name = item.get("fault")
        if not isinstance(name, str):
            raise FaultError('each fault is named: {"fault": NAME}; GET /_mock/faults/kinds lists them')
        if name not in self.board.kinds and self._is_case(name):  # short for the fault that makes errors
            name, options = "error", {"case": name, **options}
        rule = self.board.arm(name, options, self.clock.now_ms())
        try:
            self._check_provider(rule)
            self._check_cases(rule)
            orjson.dumps([rule.options(), rule.effects], default=dict)
        except TypeError:
            self.board.remove(rule.id)
            raise FaultError(f"{name} is given what JSON cannot hold") from None
        except FaultError:
            self.board.remove(rule.id)
            raise
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
        """Return one line that sets up the same run again: seed, clock, settings, and the faults armed until now.

        A callback secret of one's own is not in it, as the line ends up in logs.
        """
        settings = self.settings
        credits = str(settings.credits) if settings.credits is not None else "unlimited"
        content = {
            "providers": {name: service.contract.profile for name, service in self.services.items()},
            "clock": "manual" if self.clock.is_manual else "real",
            "start_ms": self.started_ms if self.clock.is_manual else None,
            "seed": settings.seed,
            "pace": settings.pace.value,
            "looks": settings.looks,
            "speed": settings.speed,
            "credits": credits,
            "limits": settings.limits,
            "errors": settings.errors,
            "callback_secret": settings.callback_secret and DEFAULT_SECRET,
            "scenarios": [[key, name] for key, name in self.scenarios.items()],
            "faults": [
                [{**rule.options(), "fault": rule.kind.name}, rule.armed_ms - self.started_ms] for rule in self.board
            ],
        }
        return capsules.pack(content)

    def reset(self, key: str | None = None) -> None:
        """Forget tasks, accounts, callbacks and journal of one key, or of all. The clock goes on."""
        with self.lock:
            for service in self.services.values():
                service.reset(key)
            self.outbox.clear(key)
            self.board.clear(key)
            self.journal.clear(fingerprint(key) if key is not None else None)
            if key is None:
                self._secrets.clear()
                self.scenarios.clear()
                if self.settings.scenario:
                    self.scenarios[None] = self.settings.scenario
                self.journal.seq = 0  # with a standing clock, the same calls give the same bytes again
            else:
                for name in self.services:
                    self._secrets.pop((key, name), None)
                self.scenarios.pop(key, None)

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
