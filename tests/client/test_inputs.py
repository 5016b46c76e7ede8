"""The types of request bodies: as the contracts have them, and of use to a type checker."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import typing
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mockreel_contracts import load, pointer, providers
from mockreel_contracts.examples import examples_of, samples
from mockreel_contracts.loader import SHIPPED

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts/make_inputs.py"
PAGE = ROOT / "docs/guides/typed-inputs.md"
BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format")


def module(provider: str) -> ModuleType:
    return import_module(f"mockreel_client.inputs.{provider}")


def types(provider: str) -> dict[str, Any]:
    """Return the type of each model."""
    union = module(provider).Body
    return {
        name: kind for kind in typing.get_args(union) for name in typing.get_args(typing.get_type_hints(kind)["model"])
    }


def docstrings(provider: str) -> dict[str, dict[str, str]]:
    """Return what each class of a module says of itself (under "") and of its fields."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(Path(str(module(provider).__file__)).read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            fields = found.setdefault(node.name, {"": ast.get_docstring(node) or ""})
            name = ""
            for part in node.body:
                if isinstance(part, ast.AnnAssign):
                    name = part.target.id if isinstance(part.target, ast.Name) else ""
                    fields[name] = ""
                elif name and isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant):
                    fields[name] = " ".join(str(part.value.value).split())
    return found


def parts(schema: Any, root: Any) -> Iterator[dict[str, Any]]:
    """Return every schema that a value of `schema` must keep, itself among them."""
    if "$ref" in schema:
        yield from parts(pointer.get(root, schema["$ref"].removeprefix("#")), root)
    for part in schema.get("allOf", ()):
        yield from parts(part, root)
    yield schema


def fields(schema: Any, root: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in parts(schema, root):
        for name, spec in part.get("properties", {}).items():
            for own in parts(spec, root):
                yield name, own


@pytest.mark.parametrize("provider", providers())
def test_every_model_has_its_type(provider: str) -> None:
    assert set(types(provider)) == set(load(provider).models)


@pytest.mark.parametrize("provider", providers())
def test_a_type_has_the_fields_of_its_model_and_knows_which_are_required(provider: str) -> None:
    contract = load(provider)
    for name, kind in types(provider).items():
        schema = contract.models[name].schema.source
        required = {name for part in parts(schema, contract.openapi) for name in part.get("required", ())}
        assert set(kind.__annotations__) == {name for name, _ in fields(schema, contract.openapi)}
        assert kind.__required_keys__ == required


@pytest.mark.parametrize("provider", providers())
def test_every_limit_stands_in_a_docstring(provider: str) -> None:
    contract, said = load(provider), docstrings(provider)
    looked_at = 0

    def look(schema: Any, kind: str) -> None:
        nonlocal looked_at
        for name, spec in fields(schema, contract.openapi):
            own = [spec, *parts(spec.get("items", {}), contract.openapi)]
            inner = typing.get_type_hints(getattr(module(provider), kind))[name]
            if typing.is_typeddict(inner):
                look(spec, inner.__name__)
            elif typing.get_origin(inner) is not typing.Literal:
                for limit in (part[key] for part in own for key in BOUNDS if key in part):
                    looked_at += 1
                    assert str(limit) in said[kind][name], f"{kind}.{name}"

    for name, kind in types(provider).items():
        look(contract.models[name].schema.source, kind.__name__)
    assert looked_at > 10


def test_docstrings_hold_units_limits_defaults_and_rules() -> None:
    hailuo = docstrings("kie")["Hailuo23ImageToVideoStandardInput"]
    assert hailuo["prompt"] == "1 to 5000 characters."
    assert hailuo["duration"] == 'Seconds. The page says string; clients also send numbers. Default: "6".'
    assert hailuo[""].endswith('If resolution is "1080P": 1080P does not go with 10 seconds.')
    vidu = docstrings("vidu")
    assert vidu["Viduq3Pro"]["duration"] == "Seconds. 1 to 16. Default: 5."
    assert vidu["Viduq3Pro"]["prompt"] == "At most 2000 characters."
    assert vidu["Viduq3Pro"]["images"].startswith("The first frame. 1 item. Each: URL of an image, ")
    assert "last_image goes only with image." in docstrings("gateway")["Viduq3p1080p"][""]


def test_two_rules_of_one_model_stay_two() -> None:
    assert docstrings("vidu")["Vidu20"][""].split("\n\n")[1:] == [
        'Unless is_rec is True or "true": prompt is required and prompt has at least 1 character.',
        "If duration is 8: 8 seconds come in 720p only.",
        'If off_peak is True or "true": Sound does not go with off-peak.',
    ]


@pytest.mark.parametrize("provider", providers())
def test_the_types_import_only_typing(provider: str) -> None:
    nodes = list(ast.walk(ast.parse(Path(str(module(provider).__file__)).read_text("utf-8"))))
    assert [node.module for node in nodes if isinstance(node, ast.ImportFrom)] == ["typing"]
    assert not any(isinstance(node, ast.Import) for node in nodes)


def wrong(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return bodies that break a type: a bad enum, an unknown key, a wrong type, and each required key missing."""
    yield {**body, "model": "no/such-model"}
    yield {**body, "no_such_field": 1}
    yield {**body, "prompt" if "prompt" in body else "input": 5}
    yield {key: value for key, value in body.items() if key != "model"}
    if "input" in body:
        yield {**body, "input": {**body["input"], "no_such_field": 1}}
        yield {**body, "input": {**body["input"], "prompt": 5}}
        yield {**body, "input": {key: value for key, value in body["input"].items() if key != "image_url"}}
    if "resolution" in body:
        yield {**body, "resolution": "12p"}


BY_HAND = """
from collections.abc import Mapping
from typing import Any

def create_task(body: Mapping[str, Any]) -> None: ...

def ask(prompt: str, seconds: Literal[5, 10], sound: bool) -> None:
    settings: kie.BytedanceV1ProImageToVideoInput = {"prompt": prompt, "image_url": "https://example.com/a.png"}
    settings["duration"] = seconds
    create_task({"model": "bytedance/v1-pro-image-to-video", "input": settings})
    body: kie.BytedanceV1ProImageToVideo = {"model": "bytedance/v1-pro-image-to-video", "input": settings}
    create_task(body)
    either: kie.Body = body
    create_task(either)
    images = ["https://example.com/a.png"]
    vidu_body: vidu.Viduq3Pro = {"model": "viduq3-pro", "images": images, "prompt": prompt, "audio": sound}
    create_task(vidu_body)
    settings["duration"] = 7  # wrong
    settings["durations"] = 5  # wrong
    vidu_body["duration"] = "5"  # wrong
    vidu_body["resolution"] = prompt  # wrong
    either = vidu_body  # wrong
"""


@pytest.mark.slow
def test_a_type_checker_takes_what_the_contract_takes_and_refuses_what_is_wrong(tmp_path: Path) -> None:
    lines = ["from typing import Literal", f"from mockreel_client.inputs import {', '.join(providers())}"]
    for provider in providers():
        contract, known = load(provider), types(provider)
        bodies = [
            *(e.body for _, e in samples(contract, examples_of(provider))),
            *(e.body for e in examples_of(provider)),
        ]
        assert {body["model"] for body in bodies} <= set(known)
        assert {known[body["model"]] for body in bodies} == set(known.values())
        for body in bodies:
            kind = f"{provider}.{known[body['model']].__name__}"
            for name, value, mark in [
                (kind, body, ""),
                (f"{provider}.Body", body, ""),
                *((kind, other, "  # wrong") for other in wrong(body)),
            ]:
                lines.append(f"v{len(lines)}: {name} = {value!r}{mark}")
    lines += BY_HAND.splitlines()
    lines += re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0].splitlines()
    page = tmp_path / "page.py"
    page.write_text("\n".join(lines), "utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--follow-imports=silent",
        f"--cache-dir={tmp_path}",
    ]
    environment = {**os.environ, "MYPYPATH": f"{ROOT / 'clients'}{os.pathsep}{ROOT / 'contracts'}"}
    run = subprocess.run([*command, str(page)], capture_output=True, text=True, check=False, env=environment)
    refused = {lines[int(number) - 1] for number in re.findall(r"page\.py:(\d+): error", run.stdout)}
    assert run.stderr == ""
    assert sorted(refused) == sorted(line for line in lines if line.endswith("# wrong"))


def make(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_new_model_gets_its_type_and_a_stale_file_is_named(tmp_path: Path) -> None:
    contracts, target = tmp_path / "contracts", tmp_path / "types"
    shutil.copytree(SHIPPED / "kie", contracts / "kie")
    text = (contracts / "kie/models/hailuo-02-image-to-video-pro.yaml").read_text("utf-8")
    new = text.replace("hailuo/02-image-to-video-pro", "acme/boat").replace("Hailuo02ImageToVideoPro", "AcmeBoat")
    (contracts / "kie/models/acme-boat.yaml").write_text(new, "utf-8")
    arguments = ("--contracts", contracts, "--target", target)
    assert make(*arguments).returncode == 0
    made = (target / "kie.py").read_text("utf-8")
    assert "class AcmeBoat(TypedDict):" in made
    assert "Body: TypeAlias = AcmeBoat | " in made
    assert str(tmp_path) not in made
    assert make(*arguments, "--check").returncode == 0

    (target / "kie.py").write_text(made.replace("acme/boat", "acme/ship"), "utf-8")
    (target / "gone.py").write_text(made, "utf-8")
    (target / "mine.py").write_text("MINE = 1\n", "utf-8")
    stale = make(*arguments, "--check")
    assert stale.returncode == 1
    assert stale.stderr.splitlines() == [
        f"{target / name} is out of date; run scripts/fix" for name in ("gone.py", "kie.py")
    ]
    assert make(*arguments).returncode == 0
    assert sorted(path.name for path in target.iterdir()) == ["kie.py", "mine.py"]
    assert (target / "kie.py").read_text("utf-8") == made
