"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import mockreel_contracts
from mockreel_contracts import load, providers

ROOT = Path(__file__).parents[1]
EXEMPT = ROOT / "mockserver/mockreel/cli/examples.py"  # the help texts' examples
TYPES = sorted((ROOT / "clients/mockreel_client/inputs").glob("[!_]*.py"))  # generated from the contracts
SOURCES = [p for folder in ("contracts", "mockserver", "clients") for p in (ROOT / folder).rglob("*.py")]
WRITTEN = [p for p in SOURCES if p not in TYPES]
TEXTS = [
    p
    for p in ROOT.rglob("*")
    if p.is_file()
    and p.suffix in (".py", ".md", ".yaml", ".json", ".toml", ".txt", "")
    and not any(part.startswith(".") and part != ".ci" for part in p.relative_to(ROOT).parts)
    and not {"dist", "node_modules"} & set(p.relative_to(ROOT).parts)
]


def provider_words() -> set[str]:
    """Return the names that only contracts may say: providers, models, vendors, and the providers' own field names."""
    words = set(providers())
    for name in providers():
        contract = load(name)
        words |= set(contract.models)
        words |= {str(model.facts["vendor"]) for model in contract.models.values() if "vendor" in model.facts}
        words |= set(re.findall(r"\b[a-z]+(?:[A-Z][a-z]+)+\b", str(contract.behavior["replies"])))
    return words - {"submit", "query"}


def code_words(path: Path) -> str:
    """Return the code of a file without its comments; docstrings count, examples in them do not."""
    text = path.read_text("utf-8")
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type != tokenize.COMMENT]
    return re.sub(r"^\s*>>>.*$", "", "\n".join(t.string for t in tokens), flags=re.MULTILINE)


@pytest.mark.parametrize("path", [p for p in WRITTEN if p != EXEMPT], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_python_file_names_a_provider_a_model_or_a_providers_field(path: Path) -> None:
    text = code_words(path)
    found = [word for word in provider_words() if re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", text)]
    assert found == []


def test_the_words_that_only_contracts_may_say_are_found_at_all() -> None:
    assert {"kie", "vidu", "gateway", "taskId", "hailuo/02-image-to-video-pro", "bytedance"} <= provider_words()


def test_the_domain_reads_no_clock_and_rolls_no_dice_of_its_own() -> None:
    for path in (ROOT / "mockserver" / "mockreel" / "domain").rglob("*.py"):
        names = {
            name.name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import)
            for name in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom)
        }
        assert not names & {
            "time",
            "datetime",
            "random",
            "secrets",
            "os",
            "pathlib",
            "socket",
            "asyncio",
        }, path


def test_the_server_and_the_client_have_one_file_each_that_reads_the_wall_clock() -> None:
    readers = [
        p.relative_to(ROOT).as_posix()
        for p in SOURCES
        if re.search(r"\btime\.(time|monotonic)\(|datetime\.(now|utcnow)\(", p.read_text("utf-8"))
        and p.name != "demo.py"
    ]
    assert sorted(readers) == ["clients/mockreel_client/clock.py", "mockserver/mockreel/realtime.py"]


def test_every_package_is_typed_and_its_public_names_are_sorted() -> None:
    for package in (
        "contracts/mockreel_contracts",
        "mockserver/mockreel",
        "mockserver/mockreel_pytest",
        "clients/mockreel_client",
    ):
        assert (ROOT / package / "py.typed").is_file()
    names = mockreel_contracts.__all__
    assert names == sorted(names)
    assert all(hasattr(mockreel_contracts, name) for name in names)


def test_no_file_holds_a_registry_or_a_path_of_some_machine() -> None:
    pattern = re.compile(
        r"(?<![\w.])/(?:work|root|home|farm)/[a-z]|pypi\.org/simple|files\.pythonhosted|registry\.npmjs"
    )
    found = [
        p.relative_to(ROOT).as_posix()
        for p in TEXTS
        if p != Path(__file__) and pattern.search(p.read_text("utf-8", "replace"))
    ]
    assert found == []


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").split("\n")
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.+!]*", line) for line in lines if line)


@pytest.mark.parametrize("module", ["mockreel.cli", "mockreel_client", "mockreel_contracts", "mockreel.provider"])
def test_light_modules_import_no_framework(module: str) -> None:
    heavy = ["fastapi", "pydantic", "uvicorn", "httpx2", "httpx", "aiohttp", "rich", "av", "starlette"]
    code = f"import sys, {module}; sys.exit(str([m for m in {heavy} if m in sys.modules] or ''))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.stderr.strip() == ""


def test_only_the_types_of_the_providers_inputs_are_exempt() -> None:
    assert [path.stem for path in TYPES] == [re.sub(r"\W", "_", name) for name in providers()]
    assert all("Generated by scripts/make_inputs.py." in path.read_text("utf-8") for path in TYPES)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_file_has_grown_two_ideas(path: Path) -> None:
    assert path.read_text("utf-8").count("\n") <= 420
