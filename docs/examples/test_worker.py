"""The queue and the client wait on the mock's clock, so half an hour of looking takes no time."""

import pytest
from worker import Film, Queue, Worker

from mockreel_client import Client

pytestmark = pytest.mark.mockreel("gateway")


@pytest.fixture
def run(mock_provider, mock_clock, tmp_path):
    """Order films with these prompts, run the worker to its end, and return the films."""

    def run(*prompts):
        films = [Film({"model": "viduq3t-540p", "prompt": prompt}) for prompt in prompts]
        with Client("gateway", api_key="test-key", retries=0, clock=mock_clock) as client:
            queue = Queue(mock_clock)
            worker = Worker(client, queue, tmp_path)
            for film in films:
                queue.later(0, worker.order, film)
            queue.run()
        return films

    return run


def test_films_are_made_side_by_side(run, tmp_path):
    films = run("A boat", "A kite", "A [[mock:generation_failed]] snail", "A [[mock:stuck]] stone")
    assert [film.status for film in films] == ["done", "done", "failed", "unclear"]
    assert len(list(tmp_path.glob("*.mp4"))) == 2


def test_an_order_that_is_put_off_is_tried_again(run, mock_provider):
    mock_provider.fail_next("rate_limited", on="submit", times=3)
    assert [film.status for film in run("A boat")] == ["done"]


def test_an_order_of_which_nobody_knows_is_left_to_a_person(run, mock_provider):
    mock_provider.add_fault("answer_lost", on="submit", times=1)
    (film,) = run("A boat")
    assert film.status == "unclear"
    assert "it is not known whether" in film.note
    assert len(mock_provider.tasks) == 1  # paid once


def test_an_outage_while_a_film_is_made_is_borne(run, mock_provider):
    mock_provider.add_fault("error", case="maintenance", on="query", times=5)
    mock_provider.add_fault("html_502", on="query", times=2)
    assert [film.status for film in run("A boat", "A kite")] == ["done", "done"]


def test_an_order_that_the_contract_forbids_costs_nothing(run, mock_provider):
    (film,) = run("")
    assert film.status == "failed"
    assert "/prompt" in film.note
    assert mock_provider.tasks == []


def test_a_file_that_breaks_off_is_fetched_again(run, mock_provider):
    mock_provider.add_fault("result_truncated", times=2)
    assert [film.status for film in run("A boat")] == ["done"]
