"""The built wheel in a project that has folders of the same names as ours: nothing collides."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).parent / "sample"
PACKAGES = ("mockreel", "mockreel_client", "mockreel_contracts", "mockreel_pytest")

pytestmark = pytest.mark.slow


def run(*command: str, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python, with what is installed at `path` before all else."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it into a folder, with nothing from the network."""
    folder = tmp_path_factory.mktemp("wheel")
    quiet = ("-q", "--disable-pip-version-check", "--no-deps", "--no-index")
    built = run("-m", "pip", "wheel", *quiet, "--no-build-isolation", "-w", str(folder), str(ROOT), cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    done = run("-m", "pip", "install", *quiet, "--target", str(folder / "site"), str(wheel), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def test_the_wheel_holds_our_packages_and_no_common_names(installed: Path) -> None:
    assert sorted(path.name for path in installed.iterdir() if "." not in path.name) == ["bin", *PACKAGES]


def test_a_project_with_folders_of_the_same_names_uses_the_plugin(installed: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(SAMPLE, tmp_path / "sample"))
    found = run("-c", "import mockreel, mockreel_pytest; print(mockreel.__file__)", cwd=project, path=installed)
    assert Path(found.stdout.strip()).is_relative_to(installed)
    done = run("-m", "pytest", "-p", "no:randomly", "-q", "--mockreel-cost", cwd=project, path=installed)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 6 passed" in done.stdout, done.stdout
    assert "test_that_fails" in done.stdout
    assert "what <MockProvider kie, seed 7> was asked" in done.stdout
    assert "kie: 3 tasks, " in done.stdout
