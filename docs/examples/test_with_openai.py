"""In this process: the OpenAI client sends with httpx2, which the mock answers as it answers httpx."""

import openai
import pytest
import with_openai
from with_openai import make_video

pytestmark = [
    pytest.mark.mockreel("gateway"),
    # The client warns of the end of OpenAI's own service; gateways go on.
    pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch, mock_clock):
    monkeypatch.setenv("GATEWAY_API_KEY", "test-key")
    monkeypatch.setattr(with_openai, "sleep", mock_clock.sleep)


def test_a_video_is_made(mock_provider, tmp_path):
    make_video("A paper boat on a pond", tmp_path / "boat.mp4")
    assert (tmp_path / "boat.mp4").read_bytes()[4:8] == b"ftyp"


def test_no_second_task_is_made_when_the_answer_to_the_first_is_lost(mock_provider, tmp_path):
    mock_provider.add_fault("answer_lost", on="submit", times=1)
    with pytest.raises(openai.APIConnectionError):
        make_video("A paper boat on a pond", tmp_path / "boat.mp4")
    assert len(mock_provider.tasks) == 1


def test_a_failed_task_is_told(mock_provider, tmp_path):
    with pytest.raises(RuntimeError, match="failed: Video generation failed"):
        make_video("A [[mock:generation_failed]] boat", tmp_path / "boat.mp4")


@pytest.mark.parametrize(
    ("case", "error"),
    [
        ("unauthorized", openai.AuthenticationError),
        ("insufficient_credits", openai.PermissionDeniedError),
        ("rate_limited", openai.RateLimitError),
        ("maintenance", openai.InternalServerError),
    ],
)
def test_each_refusal_is_an_error_of_the_client(mock_provider, tmp_path, case, error):
    mock_provider.fail_next(case, on="submit")
    with pytest.raises(error):
        make_video("A paper boat on a pond", tmp_path / "boat.mp4")
    assert mock_provider.tasks == []
