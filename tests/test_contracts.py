"""Contracts are whole, plain OpenAPI, and a broken one is reported whole."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from mockreel_contracts import ContractError, load, providers, yamlfile
from mockreel_contracts.examples import examples_of
from mockreel_contracts.loader import SHIPPED, examine, read

PAIRS = [(name, profile) for name in providers() for profile in load(name).profiles]
SHARED = Path(__file__).parents[2] / "shared" / "provider-docs"
PAGES = {
    "S0": "kie-bytedance-v1-pro-image-to-video.md",
    "S1": "kie-hailuo-02-image-to-video-pro.md",
    "S2": "kie-hailuo-2-3-image-to-video-standard.md",
    "S3": "gateway-v1-video-generations.md",
    "S4": "vidu-ent-v2-img2video.md",
}


@pytest.mark.parametrize(("provider", "profile"), PAIRS)
def test_a_shipped_contract_has_no_problem_in_any_profile(provider: str, profile: str) -> None:
    contract, problems = examine(read(SHIPPED / provider), profile=profile)
    assert problems == ()
    assert contract is not None


@pytest.mark.parametrize(("provider", "profile"), PAIRS)
def test_the_bundle_is_valid_openapi_and_refers_to_nothing_outside(provider: str, profile: str) -> None:
    document = json.loads(json.dumps(load(provider, profile=profile).openapi))
    validate(document, cls=OpenAPIV31SpecValidator)
    references = re.findall(r'"\$ref": "([^"]*)"', json.dumps(document))
    assert references
    assert all(reference.startswith("#/") for reference in references)
    assert "x-mockreel" not in json.dumps(document)


@pytest.mark.parametrize("provider", providers())
def test_openapi_yaml_is_valid_as_it_stands(provider: str) -> None:
    path = SHIPPED / provider / "openapi.yaml"
    document, _ = yamlfile.read(path, path.name)
    validate(document, base_uri=path.as_uri(), cls=OpenAPIV31SpecValidator)


@pytest.mark.parametrize("provider", providers())
def test_model_files_are_json_schema_2020_12(provider: str) -> None:
    for path in (SHIPPED / provider / "models").glob("*.yaml"):
        document, _ = yamlfile.read(path, path.name)
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        jsonschema_rs.meta.validate(document)


@pytest.mark.parametrize("provider", providers())
def test_every_example_of_a_page_is_accepted_as_it_stands_and_fits_its_answer(provider: str) -> None:
    contract = load(provider)
    examples = examples_of(provider)
    assert examples
    for example in examples:
        operation = contract.operations[example.operation]
        assert (operation.method, operation.path) == (example.method, example.path)
        if operation.role == "submit":
            assert contract.models[example.body["model"]].schema.violations(example.body) == ()
        if example.as_printed is not None:
            with pytest.raises(json.JSONDecodeError):
                json.loads(example.as_printed)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the providers' pages are not beside this checkout")
@pytest.mark.parametrize(
    "example", [e for p in providers() for e in examples_of(p)], ids=lambda e: f"{e.provider}-{e.name}"
)
def test_an_example_says_what_its_page_says(example: object) -> None:
    from mockreel_contracts.examples import Example

    assert isinstance(example, Example)
    page = (SHARED / PAGES[example.page]).read_text("utf-8")
    text = page.replace("\\r\\n", "\n").replace('\\"', '"').replace("\\n", "\n")
    found = []
    for match in re.finditer(r"\{", text):
        try:
            found.append(json.JSONDecoder().raw_decode(text, match.start())[0])
        except json.JSONDecodeError:
            continue
    if example.as_printed is None:
        assert example.body in found
    else:
        assert re.sub(r"\s+", "", example.as_printed) in re.sub(r"\s+", "", text)
        mended = re.sub(r"^\s*//.*$", "", example.as_printed, flags=re.MULTILINE)
        assert json.loads(re.sub(r",\s*\}", "}", mended)) == example.body
    if example.response is not None:
        assert example.response["body"] in found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED / "kie", tmp_path / "kie")
    return tmp_path / "kie"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(ContractError) as caught:
        load(folder.name, root=folder.parent)
    return [str(problem) for problem in caught.value.problems]


def test_everything_wrong_is_reported_at_once_with_file_line_and_pointer(folder: Path) -> None:
    edit(folder / "behavior.yaml", "failure: generation_failed", "failure: no_such_case")
    edit(folder / "behavior.yaml", "next: [queuing]", "next: [nowhere]")
    edit(folder / "behavior.yaml", "data: =link.url", "data: =link..url")
    edit(folder / "behavior.yaml", "task_id: query.taskId", "task: query.taskId")
    edit(folder / "models" / "hailuo-02-image-to-video-pro.yaml", "source: A7", "source: Z9")
    found = problems_of(folder)
    text = "\n".join(found)
    for expected in (
        r"behavior\.yaml:\d+ /lifecycle/failure: is not an ErrorCase; expected one of .*, got no_such_case",
        r"behavior\.yaml:\d+ /lifecycle/states/waiting/next/0: is not a state; expected one of .*, got nowhere",
        r"behavior\.yaml:\d+ /replies/download/body/data: .*expected a JMESPath expression",
        r"behavior\.yaml:\d+ /operations/recordInfo/reads: a query operation reads no task_id",
        r"models/hailuo-02-image-to-video-pro\.yaml:\d+ /x-mockreel/credits/0/source: is not a source .*, got Z9",
    ):
        assert re.search(expected, text), expected
    line = next(int(re.search(r":(\d+) ", f)[1]) for f in found if "/lifecycle/failure" in f)  # type: ignore[index]
    assert "no_such_case" in (folder / "behavior.yaml").read_text("utf-8").splitlines()[line - 1]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "behavior.yaml",
            "role: submit",
            "role: sumbit",
            r"/operations/createTask/role: .*expected enum.*got \"sumbit\"",
        ),
        ("behavior.yaml", "version: 1", "version: 1\nversion: 1", r"the key 'version' stands twice"),
        ("behavior.yaml", "version: 1", "version: [1", r"not readable as YAML"),
        ("behavior.yaml", "createTask:", "makeTask:", r"/operations/makeTask: is not an operationId of openapi.yaml"),
        ("behavior.yaml", "confidence: documented", "confidence: sure", r"confidence"),
        ("behavior.yaml", "{vendor}_{unix_ms}", "{vendor}", r"/ids/task: every task would get the same id"),
        ("behavior.yaml", "{vendor}_{unix_ms}", "{vendr}_{unix_ms}", r"\{vendr\} is neither a known word nor a fact"),
        ("behavior.yaml", "{problems}", "{problem}", r"knows no \{problem\}"),
        ("behavior.yaml", "[45, 120]", "[120, 45]", r"is the wrong way round"),
        ("behavior.yaml", "next: [success, fail]", "next: [fail, success]", r"a state of phase succeeded"),
        ("behavior.yaml", "next: [success, fail]", "next: [success]", r"no state of phase failed can be reached"),
        ("behavior.yaml", "to_number(body", "to_numbr(body", r"unknown function to_numbr"),
        ("openapi.yaml", "models/hailuo-02", "models/hailou-02", r"which is not a file of this contract"),
        ("openapi.yaml", "schemas/Refusal", "schemas/Refusl", r"there is nothing at that pointer"),
        ("models/hailuo-02-image-to-video-pro.yaml", "maxLength: 1500", "maxLength: -1", r"a schema does not compile"),
        ("models/hailuo-02-image-to-video-pro.yaml", "const: hailuo", "konst: hailuo", r"names no model"),
        ("models/hailuo-02-image-to-video-pro.yaml", "facts:", "fakts:", r"x-mockreel.*fakts"),
        (
            "models/hailuo-02-image-to-video-pro.yaml",
            "const: hailuo/02-image-to-video-pro",
            "const: hailuo/2-3-image-to-video-standard",
            r"names the model 'hailuo/2-3-image-to-video-standard', as .* does",
        ),
    ],
)
def test_each_kind_of_mistake_is_named(folder: Path, file: str, old: str, new: str, expected: str) -> None:
    edit(folder / file, old, new)
    found = problems_of(folder)
    assert any(re.search(expected, problem, re.DOTALL) for problem in found), found


def test_a_model_file_that_openapi_does_not_list_is_served_with_a_warning(folder: Path) -> None:
    source = (folder / "models" / "hailuo-02-image-to-video-pro.yaml").read_text("utf-8")
    (folder / "models" / "new.yaml").write_text(source.replace("hailuo/02-image", "hailuo/03-image"), "utf-8")
    contract, problems = examine(read(folder))
    assert contract is not None
    assert "hailuo/03-image-to-video-pro" in contract.models
    assert [(p.severity, "new.yaml" in p.message) for p in problems] == [("warning", True)]


def test_a_profile_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ContractError, match="expected one of documented, observed, strict, got lax"):
        load("kie", profile="lax")


def test_a_folder_of_rubbish_is_reported_not_raised(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for name, content in (("behavior.yaml", b"\xff\xfe"), ("openapi.yaml", b"- 1")):
        (tmp_path / "x" / name).write_bytes(content)
    contract, problems = examine(read(tmp_path / "x"))
    assert contract is None
    assert "cannot be read" in str(problems[0])
