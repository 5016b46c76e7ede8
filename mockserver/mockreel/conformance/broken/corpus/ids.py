"""Servers that mix up ids, change what they said, and list what they should not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.broken.broken import Broken, Drawn
from mockreel.conformance.broken.turns import armed
from mockreel.conformance.broken.visit import Memory, Visit
from mockreel.domain.document import Lazy, task_document
from mockreel.domain.messages import Answer


def broken() -> Iterator[Broken]:
    """Yield each."""
    yield Broken(
        "one_id_for_all",
        "each new task gets the id of the first",
        "id_duplicate",
        also=(
            "refusal_wrong",
            "task_forgotten_early",
            "wrong_end",
        ),
        draw={"submit": _first_id},
    )
    yield Broken(
        "ids_of_another_form",
        "task ids are not of the form that the contract gives them",
        "id_malformed",
        also=("answer_breaks_schema",),
        believe=lambda contract: replace(contract, id_format="job-{hex:8}"),
    )
    yield Broken(
        "id_as_number",
        "the id of a new task is a number instead of a text",
        "answer_breaks_schema",
        also=(
            "id_malformed",
            "task_forgotten_early",
        ),
        arm=armed("integer_id", on="submit"),
    )
    yield Broken(
        "query_tells_other_id",
        "a query tells another id than the one that was asked for",
        "id_changes",
        draw={"query": lambda task, memory: task.update(id=_turned(task["id"]))},
    )
    yield Broken(
        "result_changes_at_each_look",
        "each look at a finished task tells another URL",
        "query_not_idempotent",
        also=(
            "callback_differs_from_query",
            "download_link_broken",
            "result_unfetchable",
        ),
        draw={"query": _other_url},
    )
    yield Broken(
        "result_told_once",
        "only the first look at a finished task tells its result",
        "query_not_idempotent",
        also=("result_missing_on_success",),
        draw={"query": _told_once},
    )
    yield Broken(
        "list_lacks_newest",
        "the newest task is not in the list",
        "listed_task_missing",
        needs=("list",),
        draw={"list": lambda document, memory: document.update(tasks=document["tasks"][1:])},
    )
    yield Broken(
        "list_of_all_keys",
        "the list holds the tasks of other API keys",
        "list_shows_others",
        needs=("list",),
        say=_list_all,
    )


def _turned(task_id: str) -> str:
    return task_id[:-1] + ("1" if task_id[-1] != "1" else "2")


def _first_id(task: Drawn, memory: Memory) -> None:
    task["id"] = memory.setdefault("id", task["id"])


def _other_url(task: Drawn, memory: Memory) -> None:
    memory["looks"] = memory.get("looks", 0) + 1
    results = task.get("results")
    if results:
        task["results"] = [{**each, "url": f"{each['url']}.{memory['looks']}"} for each in results]


def _told_once(task: Drawn, memory: Memory) -> None:
    if task.get("results"):
        memory[task["id"]] = memory.get(task["id"], 0) + 1
        if memory[task["id"]] > 1:
            task["results"] = None


def _list_all(visit: Visit, answer: Answer) -> Answer:
    if visit.role != "list" or not visit.is_good(answer) or visit.operation is None:
        return answer
    contract, service = visit.contract, visit.service
    documents = [task_document(contract, t, visit.now_ms, visit.request.origin) for t in service.tasks.values()]
    body = contract.replies[visit.operation.reply].body.render(Lazy({"tasks": documents, "next_page_token": ""}, {}))
    return replace(answer, body=body)
