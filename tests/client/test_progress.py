"""The progress bar shows what a provider says, and takes none of it for an instruction."""

from __future__ import annotations

import pytest

from mockreel_client import Task, progress_bar
from mockreel_contracts import Phase


@pytest.mark.parametrize("state", ["processing", "[/nope]", "[red]hot[/red]", "{task.total}", None])
def test_a_state_is_shown_as_it_is(state: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as on_progress:
        on_progress(Task("vidu", "T", state, progress=30))
        on_progress(Task("vidu", "T", state, Phase.SUCCEEDED))
    assert (state or "created") in capsys.readouterr().err
