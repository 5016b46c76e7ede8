"""The client sends what the contract does not allow."""

from __future__ import annotations

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play

_KINDS = ("malformed", "too_large", "unknown_model", "invalid")


def look(play: Play) -> Looked:
    """Judge each create by what is in it, and each call by its path."""
    for entry in play.calls:
        if entry.is_unexpected:
            yield Doubt(
                Finding(
                    f"{entry.method} {entry.path} is no operation of the contract",
                    operation=entry.method,
                    expected="a method and a path that the contract has",
                    pointer="openapi.yaml#/paths",
                    cause=entry.decision,
                    evidence=shown(play, [entry]),
                    fold=entry.path,
                )
            )
        elif sight.role_of(play, entry) == "submit":
            if not entry.case or sight.is_forced(entry) or not entry.key:
                yield None
            elif entry.case in _violations(play, entry.operation):
                yield Finding(
                    f"the create breaks the contract: {entry.decision.removeprefix('refused: ')}",
                    operation=entry.operation,
                    expected="a body that the model's schema takes",
                    pointer=f"behavior.yaml#/errors/{entry.case}",
                    cause="the request was written for another model, or from an older page",
                    evidence=shown(play, [entry]),
                    fold=entry.case,
                )


def _violations(play: Play, operation_id: str) -> set[str]:
    """Return the error cases that an operation answers a bad request with."""
    contract = play.contract
    operation = contract.operations[operation_id]
    found = {contract.refusal(kind, operation).id for kind in _KINDS}
    for table in (operation.refusals, contract.refusals):
        choice = table.get("invalid")
        if choice is not None and not isinstance(choice, str):
            found |= set(choice.values())
    return found


CHECK = Check(
    id="contract_violation_in_request",
    title="A request breaks the contract",
    why="The provider refuses it, or takes it and ignores what it does not know: the video is not what was asked for.",
    known_from="The pages of one provider give three models different lengths of prompts and spell resolutions "
    "differently (720p, 768P, with a capital); those of another type numbers as strings (decisions of its contract).",
    hint="Check the body against the model's schema before sending it: `mockreel contracts openapi NAME`.",
    needs="a create",
    look=look,
)
