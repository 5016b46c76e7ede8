"""The guide's examples, run as a project's tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"
ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/guides/test-with-pytest.md").read_text("utf-8")


def blocks(language: str, page: str = GUIDE) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_the_examples_of_the_guide_pass(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_guide="\n".join(blocks("python")))
    (settings,) = blocks("toml")
    pytester.makepyprojecttoml(settings)
    result = run("--mockreel-cost")
    result.assert_outcomes(passed=4)
    (cost,) = blocks("text")
    form = re.sub(r"\d[\d.,]*\d|\d", "N", cost.strip())
    assert form in [re.sub(r"\d[\d.,]*\d|\d", "N", line) for line in result.outlines]


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_test_in_the_readme_passes(pytester: pytest.Pytester, run: Run, page: str) -> None:
    (example,) = [code for code in blocks("python", (ROOT / page).read_text("utf-8")) if "def test_" in code]
    pytester.makepyfile(test_readme=example)
    run().assert_outcomes(passed=1)
