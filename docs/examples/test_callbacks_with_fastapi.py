"""The mock posts to a receiver on this machine, signed, at the moment when the provider would."""

import socket
import threading

import pytest
import uvicorn
from callbacks_with_fastapi import make_app

from mockreel_client import Client

pytestmark = pytest.mark.mockreel("kie", callback_secret="the-secret")


@pytest.fixture
def client(mock_provider, mock_clock):
    with Client("kie", api_key="test-key", clock=mock_clock) as client:
        yield client


@pytest.fixture
def films():
    return {}


@pytest.fixture
def url(client, films, mock_clock):
    """The app on a free port of this machine; it judges the age of a signature by the mock's clock."""
    server = uvicorn.Server(uvicorn.Config(make_app(client, films, "the-secret", mock_clock.now), log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as sock:
        thread = threading.Thread(target=server.run, args=([sock],))
        thread.start()
        yield f"http://127.0.0.1:{sock.getsockname()[1]}/callback"
        server.should_exit = True
        thread.join()


def order(client, url):
    return client.create_task(
        {
            "model": "hailuo/02-image-to-video-pro",
            "callBackUrl": url,
            "input": {"prompt": "A paper boat", "image_url": "https://example.com/boat.png"},
        }
    ).id


def test_the_film_is_there_when_the_provider_has_called(client, films, url, mock_clock):
    task_id = order(client, url)
    assert films == {}
    mock_clock.advance(600)  # sends what falls due, and returns when it has been answered
    assert films[task_id].phase == "succeeded"


def test_a_callback_that_comes_twice_is_acted_on_once(mock_provider, client, films, url, mock_clock):
    mock_provider.add_fault("callback_duplicated", times=1)
    order(client, url)
    mock_clock.advance(600)
    assert [len(callback.attempts) for callback in mock_provider.callbacks] == [1, 1]
    assert len(mock_provider.find(operation="recordInfo")) == 1


@pytest.mark.mockreel(strict=["unexpected_requests", "unused_faults"])  # the forged one is not delivered
def test_a_forged_callback_is_refused(mock_provider, client, films, url, mock_clock):
    mock_provider.add_fault("callback_wrong_key", times=1)
    order(client, url)
    mock_clock.advance(600)
    assert films == {}
    assert [callback.status for callback in mock_provider.callbacks] == ["undelivered"]
