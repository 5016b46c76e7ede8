"""Which faults a call meets, and what they make of its answer."""

from __future__ import annotations

import re

import orjson

from mockreel.domain import encounters
from mockreel.domain.document import reads_document, values_of
from mockreel.domain.faults import answers
from mockreel.domain.faults import asked as faults
from mockreel.domain.faults.board import Board
from mockreel.domain.faults.effects import ACTS_ON, AnswerEffects, NetworkEffects, merged
from mockreel.domain.faults.kind import FaultError
from mockreel.domain.faults.rule import Facts
from mockreel.domain.gate import Call
from mockreel.domain.intake import query_values
from mockreel.domain.messages import FAULT_HEADER, Answer
from mockreel.domain.refusal import Refusal
from mockreel.domain.service import LASTING, Service
from mockreel.domain.settings import Settings
from mockreel.domain.task import Task
from mockreel_contracts import Contract
from mockreel_contracts.model import CANONICAL_CODES
from mockreel_contracts.near import near

_KEY = "mock-"  # what an API key begins with that asks for an error
_CODE = re.compile("[45][0-9]{2}")


def meet(board: Board, settings: Settings, service: Service, call: Call) -> None:
    """Refuse as an API key like mock-402 asks for; meet the armed faults, and those of the header X-Mock-Fault."""
    contract = service.contract
    header = call.request.headers.get(FAULT_HEADER) if settings.markers else None
    if header is not None:
        try:
            ask(settings, contract, call, header)
        except FaultError as error:
            raise Refusal(contract.refusal("malformed", call.operation), str(error), hint=str(error)) from None
    if board:  # after the header, so that one that is refused uses up no armed fault
        call.armed, names = board.meet(call.key, lambda: _facts(service, call), call.now_ms)
        call.faults = (*names, *call.faults)
    call.effects = merged(call.armed, call.asked)
    if header is None and settings.markers and call.key.startswith(_KEY):
        _asked_by_key(contract, call)


def _asked_by_key(contract: Contract, call: Call) -> None:
    """Refuse as an API key like mock-402 asks for, and one that is nearly such a key. Others are ordinary keys."""
    word = call.key.removeprefix(_KEY)
    case = contract.find_error(word)
    if case is not None:
        raise Refusal(case, f"the API key asks for {case.id}")
    if _CODE.fullmatch(word):  # other numbers are those of ordinary keys
        alike = near(word, CANONICAL_CODES) or list(CANONICAL_CODES)
    else:
        names = {name.lower(): name for case in contract.errors.values() for name in (case.reason, case.id) if name}
        alike = [names[name] for name in near(word.lower(), names)]
    if alike:
        keys = ", ".join(f"{_KEY}{name}" for name in alike)
        text = f"the API key is nearly one that asks for an error; did you mean {keys}?"
        raise Refusal(contract.refusal("unauthorized", call.operation), text, hint=text)


def twisted(board: Board, call: Call, answer: Answer) -> Answer:
    """Return the answer as the faults leave it."""
    twist, network = call.met("answer"), call.met("network")
    if twist and answer.status:  # what is not carried out has no answer
        effects = AnswerEffects(**twist)
        plain, delay_ms = answer, answers.delay_ms(effects, board.chance(call.key))
        answer = answers.twist(plain, effects, call.operation)
        changes = ((answer.status, plain.status), (answer.headers, plain.headers), (answer.body, plain.body))
        call.is_twisted |= bool(delay_ms) or any(now != before for now, before in changes)
        answer.delay_ms += delay_ms
    if network:
        answer.network = NetworkEffects(**network)
    return answer


def tell(settings: Settings, call: Call, answer: Answer) -> None:
    """Leave in `call.faults` those that acted; tell of the others in its decision."""
    is_unreached = answer.network is not None and answer.network.is_before

    def acts(name: str) -> bool:
        point = settings.faults[name].point if name in settings.faults else "answer"
        if is_unreached or point == "network":
            return point == "network"
        if point == "callback":
            return call.has_callback
        if point == "answer":
            return call.is_twisted and not call.role
        return bool(call.task_id) if call.operation.role == "submit" and not call.role else call.has_file

    idle = [name for name in call.faults if not acts(name)]
    if idle:
        call.faults = tuple(name for name in call.faults if name not in idle)
        call.decision += f"; met with nothing to act on: {', '.join(idle)}"


def ask(settings: Settings, contract: Contract, call: Call, header: bytes) -> None:
    """Read the header X-Mock-Fault of a call. Raises FaultError for what is not known, or cannot act on such a call."""
    role = call.role or call.operation.role
    try:
        asked = faults.parse(_text(header), contract, settings.faults)
    except FaultError as error:
        raise FaultError(f"X-Mock-Fault {error}") from None
    late = [point for point in asked.effects if role not in ACTS_ON[point] and (point, role) != ("result", "download")]
    if late:
        acts = "acts" if len(asked.names) == 1 else "act"
        where = "the call that makes a task" if set(late) <= set(LASTING) else "API calls, not on a result file"
        raise FaultError(f"X-Mock-Fault asks for {', '.join(asked.names)}, which {acts} on {where}")
    call.asked = asked.effects
    call.faults += asked.names


def _facts(service: Service, call: Call) -> Facts:
    """Return what is known of a call before it is carried out."""
    operation, request = call.operation, call.request
    if operation.role != "submit":
        document = reads_document(operation, None, None, query_values(request.query), call.path, request.headers)
        return encounters.facts(
            service.contract, call, _own(service, call, str(values_of(operation, document).get("task_id")))
        )
    try:
        raw = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return encounters.facts(service.contract, call, None)
    name = raw.get(operation.discriminator, operation.default_model) if isinstance(raw, dict) else None
    values = values_of(operation, {"body": raw, "raw": raw})
    return encounters.facts(service.contract, call, None, model=str(name or ""), prompt=str(values.get("prompt") or ""))


def _own(service: Service, call: Call, task_id: str) -> Task | None:
    """Return a task of the caller; of another's nothing is to be learned."""
    task = service.tasks.get(task_id)
    return task if task is not None and task.sandbox.key == call.key else None


def _text(header: bytes) -> str:
    try:
        return header.decode()
    except UnicodeDecodeError:
        return header.decode("latin-1")
