"""Over a socket: requests has no transport that the mock could take the place of, so the base URL is the mock's."""

import pytest
import with_requests
from with_requests import make_video

pytestmark = pytest.mark.mockreel("gateway")


@pytest.fixture(autouse=True)
def _mocked(monkeypatch, mock_server, mock_clock):
    monkeypatch.setenv("GATEWAY_URL", mock_server.url)
    monkeypatch.setenv("GATEWAY_API_KEY", "test-key")
    monkeypatch.setattr(with_requests, "sleep", mock_clock.sleep)


def test_a_video_is_made(tmp_path):
    make_video("A paper boat on a pond", tmp_path / "boat.mp4")
    assert (tmp_path / "boat.mp4").read_bytes()[4:8] == b"ftyp"


def test_a_bad_gateway_is_borne_while_waiting(mock_server, tmp_path):
    fault = mock_server.mock.add_fault("html_502", on="query", times=3)
    make_video("A paper boat on a pond", tmp_path / "boat.mp4")
    assert fault.fired == 3


@pytest.mark.mockreel(scenario="content_flagged")
def test_the_reason_of_a_failure_is_told(tmp_path):
    with pytest.raises(RuntimeError, match="failed: CreationPolicyViolation"):
        make_video("A paper boat on a pond", tmp_path / "boat.mp4")


def test_a_request_that_breaks_a_rule_is_refused(mock_server, tmp_path):
    with pytest.raises(RuntimeError, match="no task was made: HTTP 400"):
        make_video("", tmp_path / "boat.mp4")
    assert mock_server.mock.tasks == []
