"""From plays to one judgement: what is not shown is inconclusive, and doing nothing earns nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import httpx2
import pytest

from mockreel import MockProvider
from mockreel.domain.journal import Delivery
from mockreel.report import Status
from mockreel.verdict import Claim, Play, acts_for, judge, judge_plays, sight
from mockreel.verdict.checks.malformed_body_crash import CRASH
from mockreel.verdict.judging import MOST_FINDINGS
from mockreel.verdict.stage import Stage, played
from mockreel_contracts import Phase, load, providers
from tests.verdict.careless import creates_twice, retries_lost_create, waits_for_ever
from tests.verdict.small import Careful, Small

PROVIDER = providers()[0]
CONTRACT = load(PROVIDER)


def play(name: str, run: object, **options: object) -> Play:
    (act,) = acts_for(CONTRACT, names=[name])
    return played(act, run, PROVIDER, **options)  # type: ignore[arg-type]


def status(results: object, check: str) -> Status:
    return next(result.status for result in results if result.id == check)  # type: ignore[attr-defined]


def test_the_journal_of_a_mock_alone_shows_what_calls_show() -> None:
    with MockProvider(PROVIDER) as mock, httpx2.Client(transport=mock.transport(), base_url=CONTRACT.base_url) as http:
        http.get("/v9/elsewhere")
        http.post(CONTRACT.by_role("submit")[0].path, json={})
        results = judge(mock.journal, CONTRACT)
    assert status(results, "auth_header_wrong") is Status.FAIL
    assert status(results, "contract_violation_in_request") is Status.WARN
    assert status(results, "failure_reported_as_success") is Status.INCONCLUSIVE
    assert all(result.message for result in results if result.status is Status.INCONCLUSIVE)


def test_a_journal_without_a_contract_is_refused() -> None:
    with pytest.raises(ValueError, match="judged by a contract"):
        judge([])


def test_a_client_that_makes_no_task_has_no_score() -> None:
    judgement = judge_plays([play("success", lambda stage: None), play("stuck", lambda stage: None)])
    assert (judgement.verdict, judgement.score) == ("inconclusive", None)
    assert {check.status for check in judgement.checks} == {Status.INCONCLUSIVE}
    assert judgement.verdicts[0].results[0].message == "the client made no call"


def test_what_a_client_does_not_do_is_worth_no_more_than_what_it_does_badly() -> None:
    acts = ("success", "stuck", "generation_failed", "result_truncated")
    whole = judge_plays([play(name, Careful().run) for name in acts]).score
    only_creates = judge_plays([play(name, lambda stage: str(Small(stage).create().text)) for name in acts]).score
    nothing_after = judge_plays(
        [play("success", Careful().run), *(play(n, lambda stage: None) for n in acts[1:])]
    ).score
    assert whole is not None
    assert only_creates is not None
    assert nothing_after is not None
    assert only_creates < nothing_after < whole


def test_a_finding_says_what_it_cost() -> None:
    judgement = judge_plays([play("answer_lost", retries_lost_create), play("success", creates_twice)])
    twice = next(check for check in judgement.checks if check.id == "create_retried_ambiguous")
    assert twice.findings[0].credits == judgement.verdicts[0].play.tasks[0].price
    assert judgement.credits_wasted >= 2 * twice.findings[0].credits
    assert judgement.credits_spent == sum(
        (task.charged for v in judgement.verdicts for task in v.play.tasks), Decimal(0)
    )
    assert twice.findings[0].message.startswith("answer_lost: ")


def test_a_story_has_requests_states_money_and_the_end_of_the_client() -> None:
    careful = Careful()
    acts = {act.name: act for act in acts_for(CONTRACT, callbacks=True)}
    plays = [
        play("stuck", waits_for_ever),
        play("success", careful.run),
        *([played(acts["callback"], careful.run, PROVIDER, receive=careful.receive)] if "callback" in acts else []),
    ]
    stuck, good, *called = judge_plays(plays).stories
    assert stuck.status is Status.FAIL
    assert stuck.events[-1].text == "stopped by the run"
    assert any(event.is_bad for event in stuck.events if event.lane == "request")
    assert any(note.startswith("stuck_without_deadline: ") for note in stuck.notes)
    assert {event.lane for event in good.events} == {"request", "state", "money", "client"}
    states = [event.text for event in good.events if event.lane == "state"]
    assert len(states) >= 3
    assert states[-1].endswith("(succeeded)")
    assert len([event for event in stuck.events if event.lane == "state"]) == len(states) - 1
    assert [event.at_s for event in good.events] == sorted(event.at_s for event in good.events)
    assert good.status is Status.PASS
    assert all("callback" in {event.lane for event in story.events} for story in called)


def test_a_journal_that_forgot_entries_passes_nothing() -> None:
    whole = play("success", Careful().run)
    results = judge(replace(whole, dropped=3))
    assert {result.status for result in results} == {Status.INCONCLUSIVE}
    assert results[1].message == "the journal had to forget 3 entries"


# -- findings need evidence of harm ------------------------------------------------------------------------------------


def test_a_client_that_only_prints_the_url_is_not_at_fault_for_leaving_the_file() -> None:
    def prints(stage: Stage) -> str:
        client = Small(stage)
        _, answer = client.finished()
        return str(client.read(answer, "urls"))

    judgement = judge_plays([play(name, prints) for name in ("success", "result_truncated", "result_expired")])
    assert [c.id for c in judgement.checks if c.status in (Status.FAIL, Status.WARN)] == []


def test_a_client_that_stops_at_its_own_deadline_and_names_the_task_is_not_careless() -> None:
    def gives_up(stage: Stage) -> None:
        client = Small(stage)
        task_id = client.task_id(client.create())
        for _ in range(60):
            client.look(task_id)
            stage.clock.sleep(10)
        raise TimeoutError(f"task {task_id} goes on")

    results = judge(play("stuck", gives_up))
    assert [r.id for r in results if r.status in (Status.FAIL, Status.WARN)] == []
    assert status(results, "stuck_without_deadline") is Status.PASS
    silent = judge(replace(play("stuck", gives_up), claim=Claim("failure", "timed out")))
    assert status(silent, "orphaned_paid_task") is Status.FAIL


def test_a_client_that_only_submits_and_says_the_id_is_not_accused() -> None:
    results = judge(play("success", lambda stage: Small(stage).create().text))
    assert [r.id for r in results if r.status in (Status.FAIL, Status.WARN)] == []


@pytest.mark.parametrize("act", ["unauthorized", "credits_run_out", "internal_error", "error_under_200"])
def test_a_client_that_ends_with_an_error_where_nothing_can_be_done_is_right(act: str) -> None:
    def stops(stage: Stage) -> None:
        client = Small(stage)
        if client.task_id(client.create()) is None:
            raise RuntimeError("refused")

    results = judge(play(act, stops))
    assert [r.id for r in results if r.status in (Status.FAIL, Status.WARN)] == []


@pytest.mark.parametrize("speed", [1.0, 10.0, 60.0])
@pytest.mark.parametrize("every_s", [2.0, 3.0])
def test_a_steady_client_is_not_accused_of_its_pace_at_any_speed(speed: float, every_s: float) -> None:
    def steady(stage: Stage) -> None:
        Small(stage).finished(every_s=every_s)

    found = replace(play("success", steady, speed=speed), speed=speed)
    slow = replace(play("slow", steady, speed=speed), speed=speed)
    for results in (judge(found), judge(slow)):
        assert [(r.id, r.message) for r in results if r.status in (Status.FAIL, Status.WARN)] == []


# -- callbacks ---------------------------------------------------------------------------------------------------------

CALLING = next(load(name) for name in providers() if load(name).callback is not None)


def called(name: str) -> Play:
    (act,) = acts_for(CALLING, names=[name])
    careful = Careful()
    return played(act, careful.run, CALLING.provider, receive=careful.receive)


def test_a_receiver_that_takes_half_of_the_providers_time_is_warned() -> None:
    whole = called("callback")
    assert status(judge(whole), "callback_slow_or_non_2xx") is Status.PASS
    assert CALLING.callback is not None
    late_ms = CALLING.callback.timeout_ms * 2 // 3
    slow = replace(
        whole,
        entries=tuple(e._replace(latency_ms=late_ms) if isinstance(e, Delivery) else e for e in whole.entries),
    )
    assert status(judge(slow), "callback_slow_or_non_2xx") is Status.WARN
    over_the_socket = replace(slow, is_manual=False)
    assert status(judge(over_the_socket), "callback_slow_or_non_2xx") is Status.INCONCLUSIVE  # it came after the end
    longer = replace(over_the_socket, ended_ms=whole.ended_ms + late_ms)
    assert status(judge(longer), "callback_slow_or_non_2xx") is Status.WARN


def test_what_is_sent_after_the_clients_end_is_not_held_against_its_receiver() -> None:
    whole = called("callback")
    refused = tuple(
        e._replace(status=0, problem="refused", at_ms=whole.ended_ms + 1) if isinstance(e, Delivery) else e
        for e in whole.entries
    )
    assert status(judge(replace(whole, entries=refused)), "callback_slow_or_non_2xx") is Status.INCONCLUSIVE


def test_callbacks_that_nothing_signs_are_not_judged_by_their_signature() -> None:
    forged = called("forged_callback")
    assert status(judge(forged), "signature_unverified") is Status.PASS
    assert CALLING.callback is not None
    assert CALLING.callback.signature is not None
    if CALLING.callback.signature.key == "callback_secret":
        assert status(judge(replace(forged, callback_secret=None)), "signature_unverified") is Status.INCONCLUSIVE


# -- clients that do a great deal --------------------------------------------------------------------------------------


def makes(number: int) -> Play:
    """A client that makes many tasks, each one with a body of its own, and looks at each once."""

    def run(stage: Stage) -> None:
        small = Small(stage)
        for index in range(number):
            body = {**stage.body, "prompt": f"Boat number {index}"}
            small.look(small.task_id(small.create(body)))

    return play("success", run, credits="unlimited")


def test_the_work_of_judging_grows_with_the_calls_and_not_with_their_square(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {20: 0, 80: 0}
    for number in steps:
        made = makes(number)
        with monkeypatch.context() as patch:

            def counting(*arguments: object, number: int = number, whole: object = sight.role_of) -> str:
                steps[number] += 1
                return whole(*arguments)  # type: ignore[operator,no-any-return]

            patch.setattr(sight, "role_of", counting)
            judge(made)
    assert steps[80] < 5 * steps[20]


def test_of_very_many_findings_the_last_counts_the_rest() -> None:
    made = makes(MOST_FINDINGS + 5)
    found = next(result for result in judge(made) if result.id == "orphaned_paid_task")
    assert len(found.findings) == MOST_FINDINGS
    assert [finding.count for finding in found.findings] == [1] * (MOST_FINDINGS - 1) + [6]
    assert sum(finding.credits for finding in found.findings) == sum(task.price for task in made.tasks)


def test_the_words_of_a_crash_are_looked_for_on_a_line_of_their_own() -> None:
    assert CRASH.match("\n\n  KeyError: 'data'") is None  # or text without end is gone through from each of its lines
    assert CRASH.search("Traceback\n  json.decoder.JSONDecodeError: Expecting value")


# -- what is no pass ---------------------------------------------------------------------------------------------------

ENDS_WELL = ("success", "malformed_answers", "not_found_at_first")


def leaves(stage: Stage) -> None:
    """Makes a task, says which, and ends with an error, whatever happens."""
    raise RuntimeError(Small(stage).create().text)


def judged(runs: dict[str, object]) -> tuple[str, str]:
    """Return the verdict of a client that does something else in each scenario, and what is lacking."""
    judgement = judge_plays([play(name, run) for name, run in runs.items()])
    return judgement.verdict, judgement.lacking


def test_a_client_that_makes_tasks_and_leaves_them_is_not_safe_though_nothing_is_wrong() -> None:
    verdict, lacking = judged(dict.fromkeys(ENDS_WELL, leaves))
    assert verdict == "inconclusive"
    assert lacking.startswith("the client got its video in 0 of 3 scenarios in which it can be had")


def test_a_client_that_works_only_where_all_goes_well_is_not_safe() -> None:
    verdict, lacking = judged({**dict.fromkeys(ENDS_WELL, leaves), "success": Careful().run})
    assert (verdict, "in 1 of 3" in lacking) == ("inconclusive", True)


def test_a_client_that_gives_no_occasion_for_the_checks_is_not_safe() -> None:
    verdict, lacking = judged({"generation_failed": leaves})
    assert verdict == "inconclusive"
    assert lacking.endswith("(failure_reported_as_success, terminal_missed)")


def test_a_client_that_gets_its_video_where_it_can_be_had_is_safe() -> None:
    assert judged({**dict.fromkeys(ENDS_WELL, Careful().run), "generation_failed": Careful().run}) == ("pass", "")


def test_a_file_that_only_a_player_can_find_broken_is_not_said_to_lack_what_it_has() -> None:
    def saves(stage: Stage) -> None:
        small = Small(stage)
        small.save(small.finished()[1])

    found = next(result for result in judge(play("result_corrupt", saves)) if result.id == "truncated_result_accepted")
    assert found.status is Status.WARN
    assert "other bytes than the video's" in found.message
    assert "Content-Length" not in found.findings[0].expected


def test_looks_that_do_not_confirm_the_end_that_a_callback_told_of_are_no_polling_after_it() -> None:
    whole = called("callback")
    callback, look = (
        next(e for e in whole.deliveries if sight.phase_told(whole, e) is Phase.SUCCEEDED),
        sight.seen(whole, whole.tasks[0].id)[-1].entry,
    )
    told = look.answer_body
    doubtful = told.replace(b'"%s"' % whole.tasks[0].state.encode(), b'"finalizing"')
    assert doubtful != told

    def after(*bodies: bytes) -> Status:
        looks = tuple(look._replace(seq=callback.seq + 1 + n, answer_body=body) for n, body in enumerate(bodies))
        kept = tuple(e for e in whole.entries if e.seq <= callback.seq)
        return status(judge(replace(whole, entries=(*kept, *looks))), "polled_after_callback")

    assert after(doubtful, doubtful, doubtful, told) is Status.PASS
    assert after(told, told, told) is Status.WARN
