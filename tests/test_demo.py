"""The demo is the main job: it ends well, and it would not if something were wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mockreel.cli import main
from mockreel_contracts import load, providers


@pytest.mark.slow
def test_the_demo_runs_the_whole_loop_for_every_provider(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mockreel", "demo", "--speed", "300", "--keep", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    for name in providers():
        assert load(name).title in result.stdout
        assert list(tmp_path.glob(f"{name}-*.mp4"))
    assert result.stdout.count("holds") >= len([name for name in providers() if load(name).callback is not None])


@pytest.mark.slow
def test_the_demo_notices_a_task_that_does_not_end_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mockreel.cli import demo

    def failing(*names: str, **options: object) -> object:
        return real(*names, **{**options, "scenario": "generation_failed"})  # type: ignore[arg-type]

    real = demo.MockProvider
    monkeypatch.setattr(demo, "MockProvider", failing)
    assert main(["demo", "--provider", providers()[0], "--speed", "1000"]) == 1
    assert "ended as failed" in capsys.readouterr().out
