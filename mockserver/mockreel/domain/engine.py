"""The contract core: bytes in, status and bytes out, for every provider at once."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from mockreel.domain import assets, encounters, links, meeting, refusal
from mockreel.domain.clock import Clock
from mockreel.domain.faults.effects import NetworkEffects, both, merged
from mockreel.domain.faults.kind import FaultError
from mockreel.domain.gate import Call
from mockreel.domain.journal import Entry, fingerprint
from mockreel.domain.masking import API_KEY, KEPT_TEXT
from mockreel.domain.messages import FAULT_HEADER, JSON, Answer, Request
from mockreel.domain.refusal import Refusal, Unreached
from mockreel.domain.routing import Match, Router
from mockreel.domain.service import Service
from mockreel.domain.settings import Settings
from mockreel.domain.stage import Stage
from mockreel.domain.task import Task
from mockreel_contracts import Contract, Operation

Target = tuple[Service, Operation]


class Engine(Stage):
    """Serves contracts. Threads may share it: `lock` is held for the length of every call."""

    def __init__(self, contracts: Sequence[Contract], *, clock: Clock, settings: Settings | None = None) -> None:
        """Raises RouteConflictError when two contracts claim the same path, ValueError for two of the same name."""
        super().__init__(contracts, clock=clock, settings=settings)
        self._router: Router[Target] = Router()
        for service in self.services.values():
            for operation in service.contract.operations.values():
                self._router.add(operation.method, operation.path, (service, operation))

    def handle(self, request: Request) -> Answer:
        """Answer a request. Never raises for anything a request can hold."""
        with self.lock:
            if self.schedule.pending:
                self.catch_up(is_calling=True)
            self.schedule.calls += 1
            answer = self._handle(request)
            if self.schedule.pending and not self.schedule.are_waiting(self.clock.now_ms(), self.outbox.begun):
                self.catch_up()  # the next call may be one that nothing is to listen to
            return answer

    def _handle(self, request: Request) -> Answer:
        now_ms = self.clock.now_ms()
        if request.path.startswith(assets.PREFIX):
            return self._file(request, now_ms)
        match = self._router.find(request.method, request.path)
        if match is not None and match.target is None and request.method == "HEAD":
            match = self._router.find("GET", request.path)
        if match is not None and match.target is not None:
            service, operation = match.target
            path = dict(zip(match.names, match.values, strict=True)) if match.names else {}
            return self._call(service, operation, path, request, now_ms)
        return self._miss(match, request, now_ms)

    def _call(
        self, service: Service, operation: Operation, path: dict[str, str], request: Request, now_ms: int
    ) -> Answer:
        call = Call(operation, request, "", path, now_ms)
        case = ""
        try:
            call.key = self.authorize(service.contract, operation, request)
            if self.schedule.unknown:
                self.meet_key(call.key)
            meeting.meet(self.board, self.settings, service, call)
            answer = self._carried_out(service, call)
        except Unreached:
            call.decision = "not carried out: a fault of the network came before"
            answer = Answer(0)
        except Refusal as refused:
            case = refused.case.id
            call.decision = f"refused: {refused.decision}"
            trace_id = self.trace_id(call.key)
            answer = refusal.answer(service.contract, refused, trace_id=trace_id, errors_in=self.settings.errors)
            answer.waits_for = call.waits_for
        if call.effects:
            answer = meeting.twisted(self.board, call, answer)
            meeting.tell(self.settings, call, answer)
        answer.at_ms = now_ms
        self._record(call, service, answer, case)
        return answer

    def _carried_out(self, service: Service, call: Call) -> Answer:
        """Do what the call asks for, unless a fault has it that nothing comes of it. Raises Refusal and Unreached."""
        if call.effects:
            encounters.stop(service.contract, call)
        answer = service.answer(call)
        late = call.met("answer").get("late_case")
        if late is not None:
            call.waits_for = answer.waits_for
            call.is_twisted = True
            raise Refusal(
                encounters.case_of(service.contract, late, call), f"{call.decision}, and then a fault answers {late}"
            )
        return answer

    def authorize(self, contract: Contract, operation: Operation, request: Request) -> str:
        """Return the API key of a request. Raises Refusal where there is none, or none of the right form."""
        value = request.headers.get(contract.auth.header.encode())
        key = _key_in(value, contract)
        if key:
            return key
        schemes = " or ".join(scheme.capitalize() for scheme in contract.auth.schemes)
        wanted = f"{contract.auth.header.title()}: {schemes} YOUR_API_KEY"
        problem = (
            f"the header is missing; send {wanted}" if value is None else f"the header is not of the form {wanted}"
        )
        raise Refusal(contract.refusal("unauthorized", operation), problem, hint=problem)

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
            return self._missed(request, now_ms, decision, Answer(404, orjson.dumps(body), JSON))
        refused = Refusal(service.contract.refusal(kind), decision, hint=decision, headers=headers)
        key = _key_in(request.headers.get(service.contract.auth.header.encode()), service.contract)
        if key and self.schedule.unknown:
            self.meet_key(key)
        trace_id = self.trace_id(key)
        answer = refusal.answer(service.contract, refused, trace_id=trace_id, errors_in=self.settings.errors)
        call = Call(operation, request, "", {}, now_ms, decision=f"refused: {decision}")
        self._record(call, service, answer, refused.case.id, is_known=False)
        return answer

    def _missed(
        self, request: Request, now_ms: int, decision: str, answer: Answer, service: Service | None = None
    ) -> Answer:
        """Keep a request that is for no operation of any contract; returns the answer."""
        some = next((o for s in self.services.values() for o in s.contract.operations.values()), None)
        if some is not None:  # which one is not told
            call = Call(some, request, "", {}, now_ms, decision=f"refused: {decision}")
            self._record(call, service, answer, "not_found", is_known=False)
        answer.at_ms = now_ms
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
            wrong = "a result file is read with GET or HEAD"
            answer = _plain(405, wrong, ((b"allow", b"GET, HEAD"),))
            return self._missed(request, now_ms, wrong, answer, service)
        if service is None or len(parts) != 3:
            return self._missed(request, now_ms, "no such file", _plain(404, "no such file"), service)
        task = service.tasks.get(parts[1])
        operation = next(iter(service.contract.operations.values()))
        call = Call(operation, request, task.sandbox.key if task else "", {}, now_ms, role="result")
        call.task_id = task.id if task else ""
        expired = links.problem(request.path, request.query, now_ms, service.dice)
        found = expired or service.asset(parts[1], parts[2], now_ms)
        if isinstance(found, str) or task is None:
            call.decision = f"refused: {found}"
            answer = _plain(403 if expired else 404, str(found))
        else:
            answer = self._file_met(service, call, task, found)
        answer.at_ms = now_ms
        self._record(call, service, answer, "")
        return answer

    def _file_met(self, service: Service, call: Call, task: Task, found: assets.Asset) -> Answer:
        """Return a result file as the faults leave it."""
        header = call.request.headers.get(FAULT_HEADER) if self.settings.markers else None
        if header is not None:
            try:
                meeting.ask(self.settings, service.contract, call, header)
            except FaultError as error:
                call.decision = f"refused: {error}"
                return _plain(400, str(error))
        if self.board:
            facts = encounters.facts(service.contract, call, task)
            call.armed, names = self.board.meet(call.key, lambda: facts, call.now_ms)
            call.faults = (*names, *call.faults)
        call.effects = merged(call.armed, call.asked)
        call.has_file = True
        try:
            encounters.stop(service.contract, call)
            service.meet(call, task)
        except Unreached:
            call.decision = "not carried out: a fault of the network came before"
            return Answer(0, network=NetworkEffects(**call.met("network")))
        answer = encounters.file(found, both("result", task.met("result"), call.met("result")))
        if call.met("network"):
            answer.network = NetworkEffects(**call.met("network"))
        call.decision = (
            f"the {found.kind} is sent" if answer.asset is not None else "a fault answers instead of the file"
        )
        return answer

    def _record(self, call: Call, service: Service | None, answer: Answer, case: str, *, is_known: bool = True) -> None:
        request, masking = call.request, service.masking if service is not None else self.masking
        parameters = call.operation.parameters if is_known and not call.role and request.query else ()
        self.journal.add(
            Entry(
                self.journal.next_seq(),
                call.now_ms,
                service.contract.provider if service is not None else "",
                (call.role or call.operation.id) if is_known else "",
                fingerprint(call.key),
                request.method,
                request.path[:KEPT_TEXT],
                masking.query(request.query, frozenset(each.name for each in parameters)),
                masking.body(request.body),
                answer.status,
                case,
                call.task_id,
                call.decision[:KEPT_TEXT],
                masking.body(answer.body),
                call.faults,
                masking.headers(request.headers),
            )
        )


def _key_in(value: bytes | None, contract: Contract) -> str:
    """Return the API key in the header that takes it, or ''."""
    if value is None:
        return ""
    scheme, _, key = value.decode("latin-1").strip().partition(" ")
    key = key.strip()
    return key if scheme.lower() in contract.auth.schemes and API_KEY.fullmatch(key) else ""


def _plain(status: int, text: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    body = orjson.dumps({"error": text})
    return Answer(status, body, (*JSON, *headers))
