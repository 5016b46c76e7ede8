"""What a request must pass before an operation is carried out: its body, its model, its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.domain import inline, intake
from mockreel.domain.callbacks.callback import Stream
from mockreel.domain.document import Lazy, reads_document, values_of
from mockreel.domain.faults.effects import Effects, Point, merged
from mockreel.domain.messages import Request
from mockreel.domain.refusal import Refusal
from mockreel_contracts import Contract, Model, Operation, Violation
from mockreel_contracts.near import near


@dataclass(slots=True)
class Call:
    """One authorized request on its way through an operation.

    `role` is that of the operation unless the call reads a result file. `task_id`, `decision` and `faults` are filled
    for the journal; `has_file` and `has_callback` say that faults of these have something to act on, `is_twisted` that
    faults have changed the answer. `armed` are the
    effects of the armed faults that it meets, `asked` those that it asks for itself, `own` those of its scenario and
    its task, and `effects` all of them, in the order armed, own, asked.
    """

    operation: Operation
    request: Request
    key: str
    path: Mapping[str, str]
    now_ms: int
    task_id: str = ""
    decision: str = ""
    role: str = ""
    waits_for: Stream | None = None
    has_file: bool = False
    has_callback: bool = False
    is_twisted: bool = False
    faults: tuple[str, ...] = ()
    armed: Effects | None = None
    own: Effects | None = None
    asked: Effects | None = None
    effects: Effects | None = None

    def meet(self, effects: Effects | None, names: tuple[str, ...]) -> None:
        """Meet faults of a scenario or of a task, too."""
        self.own = merged(self.own, effects)
        self.effects = merged(merged(self.armed, self.own), self.asked)
        self.faults += names

    def met(self, point: Point) -> Mapping[str, Any]:
        """Return the effects at a point."""
        return self.effects.get(point, {}) if self.effects else {}


def body_of(contract: Contract, call: Call) -> Any:
    """Return the body of a call, checked by its schema unless a model's is to check it. Raises Refusal."""
    operation, request = call.operation, call.request
    limit = contract.max_body_bytes
    if request.is_too_large or (limit is not None and len(request.body) > limit):
        text = f"the body is larger than {limit or 'this server takes'} bytes"
        raise malformed(contract, operation, Violation("", "body", "too_large", text), kind="too_large")
    try:
        raw = intake.parse_json(request.body, request.headers.get(b"content-type"))
    except intake.Malformed as refused:
        raise malformed(contract, operation, refused.violation) from None
    if operation.role != "submit" and operation.body is not None:
        check(contract, operation, operation.body.violations(raw))
    return raw


def model_of(contract: Contract, operation: Operation, raw: Any) -> Model:
    """Return the model that a body is for, once the body and its inline files have passed. Raises Refusal."""
    if not isinstance(raw, dict):
        text = f"a JSON object is expected, got {type(raw).__name__}"
        raise malformed(contract, operation, Violation("", "body", "type", text))
    name = raw.get(operation.discriminator, operation.default_model)
    model = operation.models.get(name) if isinstance(name, str) else None
    if model is None:
        raise _no_model(contract, operation, raw, name)
    check(contract, operation, model.schema.violations(raw))
    for rule in contract.inputs:
        broken = inline.check(rule, {"body": raw, "raw": raw})
        if broken is not None:
            case = contract.errors.get(broken[0]) or contract.refusal("invalid", operation)
            raise Refusal(case, str(broken[1]), violations=(broken[1],))
    return model


def parameters_of(contract: Contract, call: Call) -> Lazy:
    """Return what a call without a body reads, after its parameters have passed. Raises Refusal."""
    queries = intake.query_values(call.request.query)
    if call.operation.parameters:
        check(contract, call.operation, intake.check_parameters(call.operation, queries, call.path))
    headers, now_ms = call.request.headers, call.now_ms
    document = reads_document(call.operation, None, None, queries, call.path, headers, now_ms)
    return values_of(call.operation, document)


def check(contract: Contract, operation: Operation, violations: tuple[Violation, ...]) -> None:
    """Raise the refusal of the first violation, with every other one that has the same ErrorCase."""
    if violations:
        raise _invalid(contract, operation, violations)


def malformed(contract: Contract, operation: Operation, violation: Violation, *, kind: str = "malformed") -> Refusal:
    """Return the refusal of a request that cannot be taken at all."""
    return Refusal(contract.refusal(kind, operation), str(violation), violations=(violation,))


def _invalid(contract: Contract, operation: Operation, violations: tuple[Violation, ...]) -> Refusal:
    case = contract.refusal("invalid", operation, violations[0].keyword)
    same = [v for v in violations if contract.refusal("invalid", operation, v.keyword) is case]
    return Refusal(case, "; ".join(str(violation) for violation in violations[:5]), violations=same)


def _no_model(contract: Contract, operation: Operation, raw: Mapping[str, Any], name: Any) -> Refusal:
    field = operation.discriminator
    known = ", ".join(operation.models)
    if isinstance(name, str):
        alike = near(name, operation.models, most=1)
        hint = f"did you mean {alike[0]!r}?" if alike else f"known: {known}"
        violation = Violation(f"/{field}", field, "unknown_model", hint)
        decision = f"unknown model {name[:60]!r}; {violation}"
        case = contract.refusal("unknown_model", operation)
        return Refusal(case, decision, violations=(violation,), model=name[:60])
    if field in raw:
        return _invalid(contract, operation, (Violation(f"/{field}", field, "type", "is not a string"),))
    return _invalid(contract, operation, (Violation(f"/{field}", field, "required", f"is required; one of {known}"),))
