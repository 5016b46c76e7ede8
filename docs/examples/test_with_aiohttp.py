"""Over a socket, and in an event loop: the mock's clock has a sleep for those, too."""

import asyncio

import pytest
import with_aiohttp
from with_aiohttp import make_videos

pytestmark = pytest.mark.mockreel("vidu")
IMAGE = "https://example.com/boat.png"


@pytest.fixture(autouse=True)
def _mocked(monkeypatch, mock_server, mock_clock):
    monkeypatch.setenv("VIDU_URL", mock_server.url)
    monkeypatch.setenv("VIDU_API_KEY", "test-key")
    monkeypatch.setattr(with_aiohttp, "sleep", mock_clock.sleep_async)


def test_three_videos_are_made_at_once(mock_server):
    urls = asyncio.run(make_videos(["A boat", "A kite", "A [[mock:slow]] snail"], IMAGE))
    assert len(set(urls)) == 3
    assert len(mock_server.mock.tasks) == 3


def test_looks_that_are_refused_are_borne(mock_server):
    mock_server.mock.fail_next("rate_limited", on="query", times=4)
    assert len(asyncio.run(make_videos(["A boat", "A kite"], IMAGE))) == 2


def test_one_that_fails_is_named(mock_server):
    with pytest.raises(RuntimeError, match="failed: CreationPolicyViolation"):
        asyncio.run(make_videos(["A boat", "A [[mock:generation_failed]] kite"], IMAGE))


def test_without_credits_no_task_is_made(mock_server):
    mock_server.mock.set_key("test-key", credits=0)
    with pytest.raises(RuntimeError, match="no task was made: CreditInsufficient"):
        asyncio.run(make_videos(["A boat"], IMAGE))
