"""Requests right at the bounds of what the contract accepts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mockreel.conformance.bench import Bench
from mockreel.conformance.evidence import places, reading
from mockreel.conformance.exchange import Intent, Trial
from mockreel.conformance.probes.asking import is_busy, pause_s
from mockreel_contracts import Model, Operation

if TYPE_CHECKING:
    from mockreel.conformance.making.edging import Edged

NAME = "edges"
MOST = 16  # bodies of one model, beside its example and those that are tried alone
_TIMES = 4


def probe(bench: Bench) -> None:
    """Send each model's example, then bodies at its edges: what no other model has tried first, the cheapest first.

    A body that is refused is taken apart, and each of its edges tried alone.
    """
    try:
        from mockreel.conformance.making import edging
    except ImportError as error:
        bench.record.miss(NAME, str(error))
        return
    from mockreel.strategies.subject import subject_of

    known: set[str] = set()
    waiting: list[tuple[int, Decimal, int, Any, Edged]] = []
    for number, base in enumerate(bench.samples.values()):
        operation, model = bench.model_of(base)
        if not _is_taken(bench, _make(bench, base, number, "", operation, model)):
            bench.record.miss(NAME, f"the example of {model.name or operation.id} is refused: its edges are not tried")
            continue
        subject = subject_of(bench.contract, model.name, None)
        edges = edging.edges_of(subject, base)
        new = [edge for edge in edges if edge.axis not in known]
        bodies = edging.packed(subject, base, new)[:MOST]
        old = [edge for edge in edges if edge.axis in known]
        again = edging.packed(subject, base, old)[: MOST - len(bodies)]
        for is_known, found in enumerate((bodies, again)):
            waiting += [(is_known, bench.price(each.body) or Decimal(0), number, base, each) for each in found]
        known |= {edge.axis for edge in new}
    for _, _, number, base, each in sorted(waiting, key=lambda one: one[:3]):
        operation, model = bench.model_of(base)
        if _is_taken(bench, _make(bench, each.body, number, each.axis, operation, model)) or len(each.edges) == 1:
            continue
        for single in edging.alone(base, each):
            _make(bench, single.body, number, single.axis, operation, model)


def _make(bench: Bench, body: Any, number: int, axis: str, operation: Operation, model: Model) -> Trial:
    """Make a task; where the server is busy, wait and try again."""
    intent = Intent(NAME, "accept", pointer=places.of_model(operation, model), axis=axis)
    for _ in range(_TIMES):
        trial = bench.submit(body, intent, key=bench.role(f"{NAME}-{number}"))
        if trial.submit is None or not is_busy(bench, trial.submit):
            break
        bench.wait(pause_s(bench, trial.submit))
    return trial


def _is_taken(bench: Bench, trial: Trial) -> bool:
    return trial.submit is not None and reading.is_good(bench.contract, trial.submit)
