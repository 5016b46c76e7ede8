"""Servers whose results are not there or stay too long, and those that cancel what they should not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.broken.broken import Believe, Broken, Drawn
from mockreel.conformance.broken.turns import armed, good
from mockreel.conformance.broken.visit import Memory, Visit
from mockreel.domain.messages import Answer
from mockreel_contracts import Contract, Phase

_FOLLOWS = ("answer_breaks_schema", "download_link_broken", "error_dialect_broken", "server_error")


def broken() -> Iterator[Broken]:
    """Yield each."""
    for fault, breaks in (
        ("result_missing", "the URL of a result answers 404"),
        ("result_forbidden", "the URL of a result answers 403"),
        ("result_error", "the URL of a result answers 500"),
    ):
        yield Broken(fault, breaks, "result_unfetchable", also=_FOLLOWS, arm=armed(fault))
    yield Broken(
        "result_is_a_page",
        "the URL of a result leads to a page of HTML",
        "result_unfetchable",
        also=(
            "answer_breaks_schema",
            "content_type_wrong",
            "download_link_broken",
            "error_dialect_broken",
            "server_error",
        ),
        arm=armed("result_wrong_type"),
    )
    yield Broken(
        "result_gone_early",
        "the URL of a result is dead after a hundredth of its time",
        "result_unfetchable",
        believe=_with_asset_life(0.01),
    )
    yield Broken(
        "result_never_expires",
        "the URL of a result works long after its time",
        "result_outlives_its_url",
        believe=_with_asset_life(1000),
    )
    yield Broken(
        "link_to_nowhere",
        "the link for a download leads to no file",
        "download_link_broken",
        needs=("link",),
        draw={"download": _astray},
    )
    yield Broken(
        "download_of_nothing",
        "a download gives something that is no video",
        "download_link_broken",
        needs=("file",),
        say=_with_other_file,
    )
    yield Broken(
        "cancel_does_nothing",
        "a cancel is answered with success, and the task goes on",
        "cancel_ignored",
        needs=("cancel",),
        say=_undo,
    )
    yield Broken(
        "cancel_never_possible",
        "a task that may be canceled cannot be",
        "cancel_refused",
        needs=("cancel",),
        believe=_with_cancel(()),
    )
    yield Broken(
        "running_task_canceled",
        "a running task is canceled, which the contract does not allow",
        "late_cancel_accepted",
        also=("transition_illegal", "wrong_end"),
        needs=("cancel", "running state"),
        believe=_with_cancel((Phase.QUEUED, Phase.RUNNING)),
    )
    yield Broken(
        "finished_task_canceled",
        "a task that has ended is canceled",
        "late_cancel_accepted",
        also=("terminal_changes",),
        needs=("cancel",),
        believe=_with_cancel((Phase.QUEUED, Phase.SUCCEEDED)),
    )


def _with_asset_life(times: float) -> Believe:
    def believe(contract: Contract) -> Contract:
        life = contract.lifecycle
        return replace(contract, lifecycle=replace(life, asset_life_ms=int(life.asset_life_ms * times)))

    return believe


def _with_other_file(visit: Visit, answer: Answer) -> Answer:
    if visit.role != "download" or answer.asset is None:
        return answer
    return replace(answer, asset=None, body=b"not a video", headers=((b"content-type", b"video/mp4"),))


def _astray(link: Drawn, _memory: Memory) -> None:
    head, _, query = str(link["url"]).partition("?")
    link["url"] = f"{head}.part?{query}"


def _undo(visit: Visit, answer: Answer) -> Answer:
    task = visit.task
    if good("cancel")(visit, answer) and task is not None and task.cut is not None:
        task.cut = None
        if visit.contract.credits.charge == "submit" and Phase.CANCELED in visit.contract.credits.refund:
            task.sandbox.account.refunded -= task.price
    return answer


def _with_cancel(phases: tuple[Phase, ...]) -> Believe:
    """Return a belief by which a task can be canceled in these phases."""

    def believe(contract: Contract) -> Contract:
        life = contract.lifecycle
        canceled = [state.name for state in life.states.values() if state.phase is Phase.CANCELED]
        states = {
            name: replace(
                state,
                next=(
                    *(each for each in state.next if each not in canceled),
                    *(canceled if state.phase in phases else ()),
                ),
            )
            for name, state in life.states.items()
        }
        return replace(contract, lifecycle=replace(life, states=states))

    return believe
