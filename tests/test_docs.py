"""The documentation runs: every Python example of it, and the model that it adds."""

from __future__ import annotations

import inspect
import re
import shutil
from pathlib import Path

import pytest

from mockreel_contracts import load
from mockreel_contracts.loader import SHIPPED

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")]
PYTHON = [
    (page.relative_to(ROOT).as_posix(), number, code)
    for page in sorted(PAGES)
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
]
MODELS = [
    (page.relative_to(ROOT).as_posix(), path, text)
    for page in sorted(PAGES)
    for path, text in re.findall(
        r"cat > my-contracts/(\S+models/\S+) <<'YAML'\n(.*?)YAML\n", page.read_text("utf-8"), re.DOTALL
    )
]


@pytest.mark.parametrize(("page", "number", "code"), PYTHON, ids=lambda value: str(value)[:30])
def test_a_python_example_runs(
    page: str, number: int, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    made: dict[str, object] = {"__name__": "__example__"}
    exec(compile(code, f"{page} example {number}", "exec"), made)  # noqa: S102
    for name, value in made.items():
        if name.startswith("test_") and inspect.isfunction(value) and not inspect.signature(value).parameters:
            value()


@pytest.mark.parametrize(("page", "path", "text"), MODELS, ids=lambda value: str(value)[:30])
def test_the_model_that_a_page_adds_is_served(page: str, path: str, text: str, tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "my-contracts")
    (tmp_path / "my-contracts" / path).write_text(text, "utf-8")
    provider = path.split("/")[0]
    before = set(load(provider).models)
    assert set(load(provider, root=tmp_path / "my-contracts").models) > before


def test_there_are_examples_to_run() -> None:
    assert len(PYTHON) >= 3
    assert MODELS


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
