"""Good exchanges as the providers' pages show them: the request as it is sent, and the task as it is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
import respx

from mockreel_client import AmbiguousCreateError, GenerationFailedError, Task, UnexpectedAnswerError
from mockreel_contracts import Phase
from mockreel_contracts.examples import examples_of
from mockreel_contracts.loader import providers
from tests.client.calling import BODIES, KEY, call

KINDS = pytest.mark.parametrize("kind", ["sync", "async"])
AGENT = {"accept": "application/json", "user-agent": "mockreel-client"}
BEARER, TOKEN = f"Bearer {KEY}", f"Token {KEY}"


def sent(route: respx.Route) -> list[tuple[str, str, Any]]:
    """Return method, URL and JSON of each call, after a look at its headers."""
    found = []
    for number in range(route.call_count):
        request = route.calls[number].request
        authorization = TOKEN if "vidu" in request.url.host else BEARER
        expected = AGENT | {"authorization": authorization}
        if request.method == "POST":
            expected |= {"content-type": "application/json", "content-length": str(len(request.content))}
        assert {name: request.headers.get(name) for name in expected} == expected
        assert {"cookie", "x-mock-fault"} & set(request.headers) == set()
        body = json.loads(request.content) if request.content else None
        found.append((request.method, str(request.url), body))
    return found


CREATES: dict[str, tuple[str, dict[str, Any]]] = {
    "kie/bytedance-v1-pro": ("https://api.kie.ai/api/v1/jobs/createTask", {"id": "task_bytedance_1765186750343"}),
    "kie/hailuo-02-pro": ("https://api.kie.ai/api/v1/jobs/createTask", {"id": "task_hailuo_1765185328412"}),
    "kie/hailuo-2-3-standard": ("https://api.kie.ai/api/v1/jobs/createTask", {"id": "task_hailuo_1765182986510"}),
    "vidu/page-example": (
        "https://api.vidu.com/ent/v2/img2video",
        {"id": "911045603801182208", "state": "created", "phase": Phase.QUEUED, "credits": 80.0},
    ),
    "gateway/text-to-video": (
        "https://gateway.example/v1/video/generations",
        {"id": "task_xxxxx", "state": "queued", "phase": Phase.QUEUED, "progress": 0.0},
    ),
}


def test_every_answer_to_a_create_on_a_page_is_in_the_table() -> None:
    on_pages = {
        f"{provider}/{example.name}"
        for provider in providers()
        for example in examples_of(provider)
        if example.response is not None
    }
    assert on_pages == set(CREATES)


@KINDS
@pytest.mark.parametrize("name", CREATES)
def test_the_pages_create_is_sent_as_printed_and_its_answer_is_a_task(
    name: str, kind: str, httpx2_mock: respx.Router
) -> None:
    provider, _, which = name.partition("/")
    example = next(example for example in examples_of(provider) if example.name == which)
    url, expected = CREATES[name]
    route = httpx2_mock.route().respond(200, json=example.response["body"])
    task = call(kind, provider, "create_task", example.body)
    assert sent(route) == [("POST", url, example.body)]
    assert task == Task(provider=provider, **expected, body=example.response["body"])


KIE_RECORD: dict[str, Any] = {
    "code": 200,
    "msg": "success",
    "data": {
        "taskId": "task_12345678",
        "model": "grok-imagine/text-to-image",
        "state": "success",
        "param": '{"model":"grok-imagine/text-to-image","callBackUrl":"https://example.com/c","input":{"prompt":"Boat"}}',
        "resultJson": '{"resultUrls":["https://example.com/a.mp4","https://example.com/b.mp4"]}',
        "failCode": "",
        "failMsg": "",
        "costTime": 15000,
        "completeTime": 1698765432000,
        "createTime": 1698765400000,
        "updateTime": 1698765432000,
        "creditsConsumed": 57,
    },
}


def kie_record(**changes: Any) -> dict[str, Any]:
    return {**KIE_RECORD, "data": {**KIE_RECORD["data"], **changes}}


VIDU_CREATIONS: dict[str, Any] = {
    "id": "911045603801182208",
    "state": "success",
    "err_code": "",
    "credits": 4,
    "payload": "",
    "bgm": False,
    "off_peak": False,
    "creations": [
        {
            "id": "1",
            "url": "https://example.com/v.mp4?sig=1",
            "cover_url": "https://example.com/v.png",
            "watermarked_url": "https://example.com/w.mp4",
        }
    ],
}
VIDEO = "https://example.com/v.mp4"
JOB: dict[str, Any] = {
    "id": "task_xxxxx",
    "task_id": "task_xxxxx",
    "object": "video.generation.job",
    "model": "viduq3p-540p",
    "status": "completed",
    "progress": 100,
    "error": None,
    "video_url": VIDEO,
    "result": {"outputs": [VIDEO], "video_url": VIDEO},
    "created_at": 1774507626,
}
NEW_API: dict[str, Any] = {
    "code": "success",
    "message": "",
    "data": {
        "id": 1,
        "task_id": "task_xxxxx",
        "platform": "52",
        "status": "SUCCESS",
        "fail_reason": "",
        "result_url": VIDEO,
        "progress": "100%",
        "data": None,
    },
}


def new_api(status: str, progress: str, **changes: Any) -> dict[str, Any]:
    """Return the answer about a task that has no result."""
    data = {**NEW_API["data"], "status": status, "progress": progress, "result_url": None, **changes}
    return {**NEW_API, "data": data}


QUERY_URLS = {
    "kie": "https://api.kie.ai/api/v1/jobs/recordInfo?taskId={}",
    "vidu": "https://api.vidu.com/ent/v2/tasks/{}/creations",
    "gateway": "https://gateway.example/v1/video/generations/{}",
}
QUERIES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "kie",
        KIE_RECORD,
        {
            "state": "success",
            "phase": Phase.SUCCEEDED,
            "urls": ("https://example.com/a.mp4", "https://example.com/b.mp4"),
            "credits": 57.0,
        },
    ),
    ("kie", kie_record(state="waiting", resultJson="", creditsConsumed=0), {"phase": Phase.QUEUED, "credits": 0.0}),
    ("kie", kie_record(state="queuing", resultJson=None, creditsConsumed=None), {"phase": Phase.QUEUED}),
    ("kie", kie_record(state="generating", resultJson=None, failCode=None), {"phase": Phase.RUNNING, "credits": 57.0}),
    (
        "kie",
        kie_record(state="fail", resultJson="", failCode="500", failMsg="Internal server error", creditsConsumed=0),
        {
            "phase": Phase.FAILED,
            "error_code": "500",
            "error_message": "Internal server error",
            "credits": 0.0,
        },
    ),
    ("kie", kie_record(state="fail", failCode=501, failMsg=None, resultJson="{}"),
     {"phase": Phase.FAILED, "error_code": "501", "credits": 57.0}),
    ("kie", kie_record(state="success", resultJson='{"resultObject":{}}'), {"phase": Phase.SUCCEEDED, "credits": 57.0}),
    ("kie", kie_record(state="success", resultJson='{"resultUrls":["h'), {"phase": Phase.SUCCEEDED, "credits": 57.0}),
    ("kie", kie_record(state="napping", resultJson=""), {"phase": None, "credits": 57.0}),
    (
        "vidu",
        VIDU_CREATIONS,
        {
            "phase": Phase.SUCCEEDED,
            "urls": ("https://example.com/v.mp4?sig=1",),
            "credits": 4.0,
        },
    ),
    ("vidu", {**VIDU_CREATIONS, "state": "processing", "creations": []}, {"phase": Phase.RUNNING, "credits": 4.0}),
    ("vidu", {**VIDU_CREATIONS, "state": "queueing", "creations": None}, {"phase": Phase.QUEUED, "credits": 4.0}),
    (
        "vidu",
        {**VIDU_CREATIONS, "state": "failed", "err_code": "CreationPolicyViolation", "creations": []},
        {
            "phase": Phase.FAILED,
            "error_code": "CreationPolicyViolation",
            "error_message": "CreationPolicyViolation",
            "credits": 4.0,
        },
    ),
    ("gateway", JOB, {"phase": Phase.SUCCEEDED, "progress": 100.0, "urls": (VIDEO,)}),
    (
        "gateway",
        {**JOB, "status": "in_progress", "progress": 30, "video_url": None, "result": None},
        {"phase": Phase.RUNNING, "progress": 30.0},
    ),
    (
        "gateway",
        {**JOB, "video_url": None, "result": None, "metadata": {"url": "https://example.com/m.mp4"}},
        {"phase": Phase.SUCCEEDED, "progress": 100.0, "urls": ("https://example.com/m.mp4",)},
    ),
    (
        "gateway",
        {**JOB, "status": "failed", "video_url": None, "result": None, "error": {"message": "No", "code": "Flagged"}},
        {
            "phase": Phase.FAILED,
            "progress": 100.0,
            "error_code": "Flagged",
            "error_message": "No",
        },
    ),
]  # fmt: skip


@KINDS
@pytest.mark.parametrize(("provider", "body", "expected"), QUERIES)
def test_a_query_is_asked_as_documented_and_its_answer_is_read_whole(
    provider: str, body: dict[str, Any], expected: dict[str, Any], kind: str, httpx2_mock: respx.Router
) -> None:
    said = body.get("data", body)
    task_id = said.get("taskId") or said["id"]
    route = httpx2_mock.route().respond(200, json=body)
    task = call(kind, provider, "get_task", task_id)
    assert sent(route) == [("GET", QUERY_URLS[provider].format(task_id), None)]
    state = said.get("state") or said["status"]
    assert task == Task(**{"provider": provider, "id": task_id, "state": state, "body": body, **expected})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (NEW_API, {"state": "completed", "phase": Phase.SUCCEEDED, "progress": 100, "urls": (VIDEO,)}),
        (new_api("NOT_START", "0%"), {"state": "queued", "phase": Phase.QUEUED, "progress": 0}),
        (new_api("SUBMITTED", "10%"), {"state": "queued", "phase": Phase.QUEUED, "progress": 10}),
        (new_api("IN_PROGRESS", "30%"), {"state": "in_progress", "phase": Phase.RUNNING, "progress": 30}),
        (
            new_api("FAILURE", "100%", fail_reason="No"),
            {"state": "failed", "phase": Phase.FAILED, "progress": 100, "error_code": "No", "error_message": "No"},
        ),
        (new_api("UNKNOWN", ""), {"state": "UNKNOWN", "phase": None}),
    ],
)
def test_the_original_new_api_answers_in_its_own_shape(
    body: dict[str, Any], expected: dict[str, Any], httpx2_mock: respx.Router
) -> None:
    httpx2_mock.route().respond(200, json=body)
    task = call("sync", "gateway", "get_task", "task_xxxxx", options={"profile": "new-api"})
    assert task == Task(**{"provider": "gateway", "id": "task_xxxxx", "body": body, **expected})


@KINDS
def test_a_balance_may_be_fractional(kind: str, httpx2_mock: respx.Router) -> None:
    route = httpx2_mock.route().respond(200, json={"code": 200, "msg": "success", "data": 2849.36})
    assert call(kind, "kie", "credits") == 2849.36
    assert sent(route) == [("GET", "https://api.kie.ai/api/v1/chat/credit", None)]


@KINDS
def test_a_balance_among_other_things(kind: str, httpx2_mock: respx.Router) -> None:
    remains = {
        "type": "metered",
        "credit_remain": 120,
        "concurrency_limit": 5,
        "current_concurrency": 0,
        "queue_count": 0,
    }
    route = httpx2_mock.route().respond(200, json={"remains": [remains], "packages": []})
    assert call(kind, "vidu", "credits") == 120.0
    assert sent(route) == [("GET", "https://api.vidu.com/ent/v2/credits", None)]


@pytest.mark.parametrize("body", [{"code": 200, "msg": "success", "data": None}, {"code": 200, "data": "100"}])
def test_an_answer_without_a_balance_breaks_the_contract(body: dict[str, Any], httpx2_mock: respx.Router) -> None:
    httpx2_mock.route().respond(200, json=body)
    with pytest.raises(UnexpectedAnswerError, match=r"^kie breaks its contract: the answer names no balance; came '"):
        call("sync", "kie", "credits")


@KINDS
@pytest.mark.parametrize("answer", [{"status_code": 200, "json": {}}, {"status_code": 204}], ids=["200", "204"])
def test_a_cancel_names_the_task_in_path_and_body_and_looks_what_became_of_it(
    answer: dict[str, Any], kind: str, httpx2_mock: respx.Router
) -> None:
    cancel = httpx2_mock.post().respond(**answer)
    body = {**VIDU_CREATIONS, "state": "failed", "err_code": "UserCancelled", "creations": []}
    look = httpx2_mock.get().respond(200, json=body)
    task = call(kind, "vidu", "cancel", "911045603801182208")
    assert sent(cancel) == [
        ("POST", "https://api.vidu.com/ent/v2/tasks/911045603801182208/cancel", {"id": "911045603801182208"})
    ]
    assert sent(look) == [("GET", QUERY_URLS["vidu"].format("911045603801182208"), None)]
    assert (task.phase, task.state) == (Phase.CANCELED, "failed")


@KINDS
def test_a_list_is_read_page_by_page(kind: str, httpx2_mock: respx.Router) -> None:
    pages = [
        {"next_page_token": "p2", "tasks": [{**VIDU_CREATIONS, "id": "1"}, {**VIDU_CREATIONS, "id": "2"}]},
        {"next_page_token": "p3", "tasks": [{**VIDU_CREATIONS, "id": "2"}, {**VIDU_CREATIONS, "id": "3"}]},
        {"next_page_token": "", "tasks": [{**VIDU_CREATIONS, "id": "4", "state": "processing", "creations": []}]},
    ]
    route = httpx2_mock.route().mock(side_effect=[respx.MockResponse(200, json=page) for page in pages])
    tasks = call(kind, "vidu", "list_tasks", {"states": ["success", "processing"], "paper.pagesz": 2})
    base = "https://api.vidu.com/ent/v2/tasks?states=success&states=processing&paper.pagesz=2"
    assert [url for _, url, _ in sent(route)] == [base, f"{base}&pager.page_token=p2", f"{base}&pager.page_token=p3"]
    assert [task.id for task in tasks] == ["1", "2", "3", "4"]
    assert tasks[3] == Task("vidu", "4", "processing", Phase.RUNNING, credits=4.0, body=pages[2]["tasks"][0])


@KINDS
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_list_asks_for_no_more_pages_than_the_limit_takes(limit: int, kind: str, httpx2_mock: respx.Router) -> None:
    pages = [
        {"next_page_token": f"p{n}", "tasks": [{**VIDU_CREATIONS, "id": f"{n}a"}, {**VIDU_CREATIONS, "id": f"{n}b"}]}
        for n in range(5)
    ]
    route = httpx2_mock.route().mock(side_effect=[respx.MockResponse(200, json=page) for page in pages])
    tasks = call(kind, "vidu", "list_tasks", limit=limit)
    assert ([task.id for task in tasks], route.call_count) == (["0a", "0b", "1a"][:limit], (limit + 1) // 2)


def test_a_list_that_repeats_itself_ends(httpx2_mock: respx.Router) -> None:
    route = httpx2_mock.route().respond(200, json={"next_page_token": "again", "tasks": [VIDU_CREATIONS]})
    assert (len(call("sync", "vidu", "list_tasks")), route.call_count) == (1, 2)


@pytest.mark.parametrize("body", [{}, {"tasks": None}, {"tasks": {}}, {"tasks": [1]}])
def test_a_list_that_is_none_breaks_the_contract(body: dict[str, Any], httpx2_mock: respx.Router) -> None:
    httpx2_mock.route().respond(200, json=body)
    with pytest.raises(UnexpectedAnswerError, match="the answer holds no list of tasks"):
        call("sync", "vidu", "list_tasks")


@pytest.mark.parametrize(
    ("task_id", "path"),
    [
        ("../credits", "/ent/v2/tasks/..%2Fcredits/creations"),
        ("a b?c#d", "/ent/v2/tasks/a%20b%3Fc%23d/creations"),
        ("ключ", "/ent/v2/tasks/%D0%BA%D0%BB%D1%8E%D1%87/creations"),
    ],
)
def test_a_task_id_cannot_lead_to_another_path(task_id: str, path: str, httpx2_mock: respx.Router) -> None:
    route = httpx2_mock.route().respond(200, json={**VIDU_CREATIONS, "id": task_id})
    assert call("sync", "vidu", "get_task", task_id).id == task_id
    assert route.calls.last.request.url.raw_path.decode() == path


@pytest.mark.parametrize("task_id", [".", ".."])
def test_a_task_id_of_dots_is_refused_because_urls_leave_them_out(task_id: str, httpx2_mock: respx.Router) -> None:
    route = httpx2_mock.route().respond(200, json={"task_id": task_id, "state": "created"})
    for method in ("get_task", "cancel", "wait", "iter_states"):
        with pytest.raises(ValueError, match="task is a Task or the id of one"):
            call("sync", "vidu", method, task_id)
    assert route.call_count == 0
    with pytest.raises(AmbiguousCreateError, match="which no URL can hold"):
        call("sync", "vidu", "create_task", BODIES["vidu"])


def test_a_task_id_cannot_add_parameters(httpx2_mock: respx.Router) -> None:
    route = httpx2_mock.route().respond(200, json=kie_record(taskId="a&model=b"))
    call("sync", "kie", "get_task", "a&model=b")
    assert route.calls.last.request.url.raw_path == b"/api/v1/jobs/recordInfo?taskId=a%26model%3Db"


def test_an_answer_about_another_task_breaks_the_contract(httpx2_mock: respx.Router) -> None:
    httpx2_mock.route().respond(200, json=kie_record(taskId="other"))
    with pytest.raises(UnexpectedAnswerError, match="the body is about task 'other'; asked was for 'mine'"):
        call("sync", "kie", "get_task", "mine")


@pytest.mark.parametrize("number", [911045603801182208, "911045603801182208"])
def test_an_id_written_as_a_number_is_the_same_task(number: Any, httpx2_mock: respx.Router) -> None:
    httpx2_mock.route().respond(200, json={"task_id": number, "state": "created"})
    body = {"model": "viduq1", "images": ["https://example.com/a.png"], "prompt": "A boat"}
    assert call("sync", "vidu", "create_task", body).id == "911045603801182208"


@KINDS
@pytest.mark.parametrize("provider", ["kie", "vidu", "gateway"])
def test_run_goes_from_the_create_to_the_result(provider: str, kind: str, httpx2_mock: respx.Router) -> None:
    example = next(example for example in examples_of(provider) if example.response is not None)
    task_id = CREATES[f"{provider}/{example.name}"][1]["id"]
    text = json.dumps({"kie": KIE_RECORD, "vidu": VIDU_CREATIONS, "gateway": JOB}[provider])
    done = json.loads(text.replace("task_12345678", task_id))
    create = httpx2_mock.post().respond(200, json=example.response["body"])
    look = httpx2_mock.get().respond(200, json=done)
    seen: list[Task] = []
    task = call(kind, provider, "run", example.body, on_progress=seen.append)
    assert (create.call_count, look.call_count) == (1, 1)
    assert [one.phase for one in seen][1:] == [Phase.SUCCEEDED]
    assert (task.id, task.phase, bool(task.urls)) == (task_id, Phase.SUCCEEDED, True)


@KINDS
def test_run_ends_with_the_task_that_failed(kind: str, httpx2_mock: respx.Router) -> None:
    httpx2_mock.post().respond(200, json={"code": 200, "msg": "success", "data": {"taskId": "task_12345678"}})
    httpx2_mock.get().respond(200, json=kie_record(state="fail", failCode="501", failMsg="The task failed."))
    body = {"model": "hailuo/02-image-to-video-pro", "input": {"prompt": "Boat", "image_url": "https://example.com/a"}}
    with pytest.raises(GenerationFailedError) as caught:
        call(kind, "kie", "run", body)
    assert str(caught.value) == "kie task task_12345678 has failed: 501, The task failed."
    assert (caught.value.code, caught.value.message, caught.value.task_id) == (
        "501",
        "The task failed.",
        "task_12345678",
    )
