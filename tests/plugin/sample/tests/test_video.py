"""The project's tests: its own folders are imported, and so is the mock."""

from __future__ import annotations

from pathlib import Path

import clients
import contracts
import mockserver
import pytest
from clients.video import make_video

from mockreel import MockProvider
from mockreel_pytest.mounts import MockServer

HERE = Path(__file__).parents[1]


@pytest.mark.parametrize("package", [clients, contracts, mockserver], ids=lambda package: package.__name__)
def test_the_folders_are_the_projects_own(package: object) -> None:
    assert Path(str(package.__file__)).is_relative_to(HERE)  # type: ignore[attr-defined]


def test_a_video_is_made(mock_provider: MockProvider) -> None:
    record = make_video("A paper boat", mockserver.IMAGE, sleep=mock_provider.clock.advance)
    assert record["state"] == "success"
    assert mock_provider.engine.settings.seed == 7


@pytest.mark.mockreel(scenario="generation_failed")
def test_a_failure_is_told(mock_provider: MockProvider) -> None:
    assert make_video("A boat", mockserver.IMAGE, sleep=mock_provider.clock.advance)["state"] == "fail"


def test_a_socket_is_served(mock_server: MockServer) -> None:
    assert list(mock_server.mock.engine.services) == ["kie"]


def test_that_fails(mock_provider: MockProvider) -> None:
    assert make_video("A boat", mockserver.IMAGE, sleep=mock_provider.clock.advance)["state"] == "fail"
