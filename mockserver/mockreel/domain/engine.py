"""The contract core: bytes in, status and bytes out, for every provider at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from threading import RLock
from typing import Any

import orjson

from mockreel.domain import assets, links, refusal
from mockreel.domain import capsule as capsules
from mockreel.domain.callbacks.callback import Stream
from mockreel.domain.callbacks.outbox import Outbox
from mockreel.domain.callbacks.targets import Policy
from mockreel.domain.clock import Clock
from mockreel.domain.dice import Dice
from mockreel.domain.document import reads_document, values_of
from mockreel.domain.faults import answers
from mockreel.domain.faults import asked as faults
from mockreel.domain.faults.board import Board
from mockreel.domain.faults.effects import AnswerEffects, NetworkEffects, merged
from mockreel.domain.faults.kind import FaultError, near_misses
from mockreel.domain.faults.rule import Facts, Rule
from mockreel.domain.gate import Call
from mockreel.domain.intake import query_values
from mockreel.domain.journal import KEPT_BODY, KEPT_TEXT, Entry, Journal, fingerprint, kept, redacted
from mockreel.domain.messages import JSON, Answer, Request
from mockreel.domain.refusal import Refusal, Unreached
from mockreel.domain.routing import Match, Router
from mockreel.domain.scenario import ScenarioError
from mockreel.domain.service import LASTING, Service
from mockreel.domain.settings import DEFAULT_SECRET, Settings
from mockreel_contracts import Contract, Operation

_KEY = re.compile(r"[\x21-\x7e]{1,512}")
Target = tuple[Service, Operation]


class Engine:
    """Serves contracts. Threads may share it: `lock` is held for the length of every call."""

    def __init__(self, contracts: Sequence[Contract], *, clock: Clock, settings: Settings | None = None) -> None:
        """Raises RouteConflictError when two contracts claim the same path, ValueError for two of the same name."""
        self.settings = settings or Settings()
        self.clock = clock
        self.started_ms = clock.now_ms()
        self.dice = Dice(self.settings.seed)
        self.journal = Journal()
        self.lock = RLock()
        self.on_moved: list[Callable[[], None]] = []  # told whenever a manual clock has been moved
        self.board = Board(self.settings.faults, self.dice)
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
        self._router: Router[Target] = Router()
        for contract in contracts:
            if contract.provider in self.services:
                raise ValueError(f"the provider {contract.provider!r} is given twice")
            dice = Dice(int.from_bytes(self.dice.roll(contract.provider, size=8), "big"))
            service = self.services[contract.provider] = Service(
                contract, self.settings, dice, clock, self.outbox, self.scenarios
            )
            for operation in contract.operations.values():
                self.board.operations[operation.id] = operation.role
                self._router.add(operation.method, operation.path, (service, operation))

    def handle(self, request: Request) -> Answer:
        """Answer a request. Never raises for anything a request can hold."""
        with self.lock:
            return self._handle(request)

    def _handle(self, request: Request) -> Answer:
        now_ms = self.clock.now_ms()
        if request.path.startswith(assets.PREFIX):
            return self._file(request, now_ms)
        match = self._router.find(request.method, request.path)
        if match is not None and match.target is not None:
            service, operation = match.target
            path = dict(zip(match.names, match.values, strict=True)) if match.names else {}
            return self._call(service, operation, path, request, now_ms)
        if match is not None and request.method == "HEAD" and "GET" in match.methods:
            return self._handle(_as_get(request))
        return self._miss(match, request, now_ms)

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
        """Have the tasks of an API key, or all, follow a scenario unless they ask for another. Raises ScenarioError."""
        if name is not None and name not in self.settings.scenarios:
            raise ScenarioError(near_misses("scenario", name, self.settings.scenarios))
        with self.lock:
            self.scenarios.pop(key, None)
            if name is not None:
                self.scenarios[key] = name

    def add_faults(self, wanted: Sequence[Mapping[str, Any]]) -> list[Rule]:
        """Arm faults, all or none; each is `{"fault": NAME, ...}` with options as in `rule.make`. Raises FaultError."""
        with self.lock:
            made: list[Rule] = []
            try:
                for item in wanted:
                    options = {str(name): value for name, value in item.items() if name != "fault"}
                    made.append(self.board.arm(str(item.get("fault")), options, self.clock.now_ms()))
                    self._check_cases(made[-1])
            except FaultError:
                for each in made:
                    self.board.remove(each.id)
                raise
            return made

    def _check_cases(self, rule: Rule) -> None:
        """Raise FaultError for an ErrorCase that no provider has which the rule can meet."""
        for effect in ("case", "late_case", "error"):
            word = rule.effects.get(effect)
            known = [s.contract for n, s in self.services.items() if fnmatchcase(n, rule.match.provider or "*")]
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

    def _secret_of(self, stream: Stream) -> str | None:
        signature, key = stream.rules.signature, stream.task.sandbox.key
        if signature is not None and signature.key == "api_key":
            return key
        return self._secrets.get((key, stream.service.contract.provider), self.settings.callback_secret)

    def _call(
        self, service: Service, operation: Operation, path: dict[str, str], request: Request, now_ms: int
    ) -> Answer:
        call = Call(operation, request, "", path, now_ms)
        case = ""
        try:
            call.key = self._authorize(service.contract, operation, request)
            self._meet(service, call)
            answer = self._carried_out(service, call)
        except Unreached:
            call.decision = "not carried out: a fault of the network came before"
            answer = Answer(0)
        except Refusal as refused:
            case = refused.case.id
            call.decision = f"refused: {refused.decision}"
            trace_id = self.dice.roll("trace", call.key, self.journal.seq).hex()
            answer = refusal.answer(service.contract, refused, trace_id=trace_id, errors_in=self.settings.errors)
        if call.effects:
            answer = self._twisted(call, answer)
        answer.at_ms = now_ms
        self._record(call, service.contract.provider, answer, case)
        return answer

    def _carried_out(self, service: Service, call: Call) -> Answer:
        """Do what the call asks for, unless a fault has it that nothing comes of it. Raises Refusal and Unreached."""
        if call.effects:
            service.stop(call)
        answer = service.answer(call)
        late = call.met("answer").get("late_case")
        if late is not None:
            raise Refusal(service.case(late, call), f"{call.decision}, and then a fault answers {late}")
        return answer

    def _twisted(self, call: Call, answer: Answer) -> Answer:
        """Return the answer as the faults leave it."""
        twist, network = call.met("answer"), call.met("network")
        if twist:
            effects = AnswerEffects(**twist)
            answer = answers.twist(answer, effects, call.operation)
            answer.delay_ms += answers.delay_ms(effects, self.board.chance(call.key))
        if network:
            answer.network = NetworkEffects(**network)
        return answer

    def _authorize(self, contract: Contract, operation: Operation, request: Request) -> str:
        value = request.headers.get(contract.auth.header.encode())
        if value is not None:
            scheme, _, key = value.decode("latin-1").strip().partition(" ")
            key = key.strip()
            if scheme.lower() in contract.auth.schemes and _KEY.fullmatch(key):
                return key
        schemes = " or ".join(scheme.capitalize() for scheme in contract.auth.schemes)
        wanted = f"{contract.auth.header.title()}: {schemes} YOUR_API_KEY"
        problem = (
            f"the header is missing; send {wanted}" if value is None else f"the header is not of the form {wanted}"
        )
        raise Refusal(contract.refusal("unauthorized", operation), problem, hint=problem)

    def _meet(self, service: Service, call: Call) -> None:
        """Refuse as an API key like mock-402 asks for; meet the armed faults, and those of the header X-Mock-Fault."""
        contract = service.contract
        if self.board:
            call.armed, call.faults = self.board.meet(lambda: self._facts(service, call), call.now_ms)
        header = call.request.headers.get(b"x-mock-fault")
        if header is not None:
            self._ask(contract, call, header.decode("latin-1"))
        elif call.key.startswith("mock-"):
            case = contract.find_error(call.key[5:])
            if case is not None:
                raise Refusal(case, f"the API key asks for {case.id}")
        call.effects = merged(call.armed, call.asked)

    def _ask(self, contract: Contract, call: Call, text: str) -> None:
        role = call.operation.role
        try:
            asked = faults.parse(text, contract, self.settings.faults)
            if asked.effects and role != "submit":
                late = [
                    point for point in asked.effects if point in LASTING and (point, role) != ("result", "download")
                ]
                if late:
                    raise FaultError(f"asks for {', '.join(asked.names)}, which acts on the call that makes a task")
        except FaultError as error:
            problem = f"X-Mock-Fault {error}"
            raise Refusal(contract.refusal("malformed", call.operation), problem, hint=problem) from None
        if asked.case is not None:
            raise Refusal(asked.case, f"X-Mock-Fault asks for {asked.case.id}")
        call.asked = asked.effects
        call.faults += asked.names

    def _facts(self, service: Service, call: Call) -> Facts:
        """Return what is known of a call before it is carried out."""
        operation, request = call.operation, call.request
        if operation.role != "submit":
            document = reads_document(operation, None, None, query_values(request.query), call.path, request.headers)
            return service.facts(call, service.tasks.get(str(values_of(operation, document).get("task_id"))))
        try:
            raw = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            return service.facts(call, None)
        name = raw.get(operation.discriminator, operation.default_model) if isinstance(raw, dict) else None
        values = values_of(operation, {"body": raw, "raw": raw})
        return service.facts(call, None, model=str(name or ""), prompt=str(values.get("prompt") or ""))

    def _miss(self, match: Match[Target] | None, request: Request, now_ms: int) -> Answer:
        """Answer a path or a method that no contract knows, in the dialect of the provider it seems to be meant for."""
        service = self._meant(request.path)
        operation = next(iter(service.contract.operations.values())) if service else None
        if match is not None:
            kind, decision = "wrong_method", f"{request.path} takes {', '.join(match.methods)}, not {request.method}"
            headers: tuple[tuple[bytes, bytes], ...] = ((b"allow", ", ".join(match.methods).encode()),)
        else:
            near = self._router.nearest(request.path[:200])
            kind, decision = "unknown_route", "no such path" + (f"; the nearest is {near}" if near else "")
            headers = ()
        if service is None or operation is None:
            body = {
                "error": "not_found",
                "message": decision,
                "paths": list(self._router.templates()),
                "docs": "/_mock/docs",
            }
            return Answer(404, orjson.dumps(body), JSON)
        refused = Refusal(service.contract.refusal(kind), decision, hint=decision, headers=headers)
        trace_id = self.dice.roll("trace", "", self.journal.seq).hex()
        answer = refusal.answer(service.contract, refused, trace_id=trace_id, errors_in=self.settings.errors)
        call = Call(operation, request, "", {}, now_ms, decision=f"refused: {decision}")
        self._record(call, service.contract.provider, answer, refused.case.id, is_known=False)
        return answer

    def _meant(self, path: str) -> Service | None:
        """Return the provider whose paths begin as `path` does; the longest common beginning wins."""
        asked = path.strip("/").split("/")
        best, most = None, 0
        for service in self.services.values():
            for operation in service.contract.operations.values():
                own = operation.path.strip("/").split("/")
                same = 0
                while same < min(len(own), len(asked)) and (own[same] == asked[same] or own[same].startswith("{")):
                    same += 1
                if same > most:
                    best, most = service, same
        return best

    def _file(self, request: Request, now_ms: int) -> Answer:
        parts = request.path.removeprefix(assets.PREFIX).split("/")
        service = self.services.get(parts[0])
        if request.method not in ("GET", "HEAD"):
            return _plain(405, "a result file is read with GET or HEAD", ((b"allow", b"GET, HEAD"),))
        if service is None or len(parts) != 3:
            return _plain(404, "no such file")
        wrong = links.problem(request.path, request.query, now_ms, service.dice)
        if wrong:
            return _plain(403, wrong)
        found = service.asset(parts[1], parts[2], now_ms)
        if isinstance(found, str):
            return _plain(404, found)
        task = service.tasks[parts[1]]
        operation = next(iter(service.contract.operations.values()))
        call = Call(operation, request, task.sandbox.key, {}, now_ms, role="result")
        if self.board:
            call.armed, call.faults = self.board.meet(lambda: service.facts(call, task), now_ms)
        call.effects = call.armed
        try:
            service.stop(call)
            service.meet(call, task)
        except Unreached:
            return Answer(0, network=NetworkEffects(**call.met("network")))
        answer = service.file(found, {**task.met("result"), **call.met("result")})
        if call.met("network"):
            answer.network = NetworkEffects(**call.met("network"))
        answer.at_ms = now_ms
        return answer

    def _record(self, call: Call, provider: str, answer: Answer, case: str, *, is_known: bool = True) -> None:
        request = call.request
        self.journal.add(
            Entry(
                self.journal.next_seq(),
                call.now_ms,
                provider,
                call.operation.id if is_known else "",
                fingerprint(call.key),
                request.method,
                request.path[:KEPT_TEXT],
                redacted(request.query[:KEPT_TEXT]) if request.query else b"",
                request.body if len(request.body) <= KEPT_BODY else request.body[:KEPT_BODY],
                answer.status,
                case,
                call.task_id,
                call.decision[:KEPT_TEXT],
                kept(answer.body),
                call.faults,
            )
        )


def _as_get(request: Request) -> Request:
    return Request(
        "GET", request.path, request.query, request.headers, request.body, request.origin, request.is_too_large
    )


def _plain(status: int, text: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    body = orjson.dumps({"error": text})
    return Answer(status, body, (*JSON, *headers))
