"""In this process: calls to https://api.kie.ai are answered by the mock, and the code under test is unchanged."""

import httpx
import pytest
import with_httpx
from with_httpx import VideoError, make_video

pytestmark = pytest.mark.mockreel("kie")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch, mock_clock):
    monkeypatch.setenv("KIE_API_KEY", "test-key")
    monkeypatch.setattr(with_httpx, "sleep", mock_clock.sleep)  # what would be waited for happens at once


def test_a_video_is_made_and_paid_for_once(mock_provider, tmp_path):
    make_video("A paper boat on a pond", "https://example.com/boat.png", tmp_path / "boat.mp4")
    assert (tmp_path / "boat.mp4").read_bytes()[4:8] == b"ftyp"  # an MP4
    assert len(mock_provider.tasks) == 1


def test_a_failed_look_is_made_again(mock_provider, tmp_path):
    mock_provider.add_fault("error", case="maintenance", on="query", times=2)
    mock_provider.add_fault("html_502", on="query", times=1)
    mock_provider.add_fault("network_reset_before", on="query", times=1)
    make_video("A paper boat on a pond", "https://example.com/boat.png", tmp_path / "boat.mp4")
    assert (tmp_path / "boat.mp4").exists()


def test_no_second_task_is_made_when_the_answer_to_the_first_is_lost(mock_provider, tmp_path):
    mock_provider.add_fault("answer_lost", on="submit", times=1)
    with pytest.raises(httpx.TransportError):
        make_video("A paper boat on a pond", "https://example.com/boat.png", tmp_path / "boat.mp4")
    assert len(mock_provider.tasks) == 1


@pytest.mark.mockreel(scenario="generation_failed")
def test_a_task_that_fails_is_told_and_costs_nothing(mock_provider, tmp_path):
    with pytest.raises(VideoError, match="failed"):
        make_video("A paper boat on a pond", "https://example.com/boat.png", tmp_path / "boat.mp4")
    account = mock_provider.ledger("test-key")
    assert account.charged == account.refunded > 0


@pytest.mark.mockreel(scenario="stuck")
def test_a_task_that_never_ends_is_given_up(mock_provider, tmp_path):
    with pytest.raises(VideoError, match="has not ended after 600 s"):
        make_video("A paper boat on a pond", "https://example.com/boat.png", tmp_path / "boat.mp4")


def test_without_credits_nothing_is_made(mock_provider, tmp_path):
    mock_provider.set_key("test-key", credits=0)
    with pytest.raises(VideoError, match="402"):
        make_video("A paper boat on a pond", "https://example.com/boat.png", tmp_path / "boat.mp4")
    assert mock_provider.tasks == []
