"""Contracts are whole, plain OpenAPI, and a broken one is reported whole."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from mockreel.cli import main
from mockreel_contracts import ContractError, load, providers, yamlfile
from mockreel_contracts.examples import examples_of, samples
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
        ("behavior.yaml", "code: body.code,", "code: body..code,", r"/transport/reads/code: .*a JMESPath expression"),
        (
            "behavior.yaml",
            "success: [200]",
            "success: [401]",
            r"/errors/unauthorized/code: is also a code of /transport",
        ),
        ("behavior.yaml", "[2.5, 15]", "[15, 2.5]", r"/polling/interval_s: is no range above 0; .* got \[15, 2.5\]"),
        ("behavior.yaml", "like: not_found", "like: no_such_case", r"/errors/record_not_found/like: .*expected enum"),
        ("behavior.yaml", "{problems}", "{problem}", r"knows no \{problem\}"),
        ("behavior.yaml", "[45, 120]", "[120, 45]", r"is the wrong way round"),
        ("behavior.yaml", "next: [success, fail]", "next: [fail, success]", r"a state of phase succeeded"),
        ("behavior.yaml", "next: [success, fail]", "next: [success]", r"no state of phase failed can be reached"),
        ("behavior.yaml", "to_number(body", "to_numbr(body", r"unknown function to_numbr"),
        ("openapi.yaml", "models/hailuo-02", "models/hailou-02", r"which is not a file of this contract"),
        ("openapi.yaml", "schemas/Refusal", "schemas/Refusl", r"there is nothing at that pointer"),
        (
            "models/hailuo-02-image-to-video-pro.yaml",
            "maxLength: 1500",
            "maxLength: -1",
            r"/prompt/maxLength: -1 is less",
        ),
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
    with pytest.raises(ContractError, match=r"^no profile 'lax' of kie; there are documented, observed, strict$"):
        load("kie", profile="lax")


def test_a_folder_of_rubbish_is_reported_not_raised(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for name, content in (("behavior.yaml", b"\xff\xfe"), ("openapi.yaml", b"- 1")):
        (tmp_path / "x" / name).write_bytes(content)
    contract, problems = examine(read(tmp_path / "x"))
    assert contract is None
    assert "cannot be read" in str(problems[0])


BEHAVIOR, MAIN, HAILUO = "behavior.yaml", "openapi.yaml", "models/hailuo-02-image-to-video-pro.yaml"
PATHS = "paths:\n  /api/v1/jobs/createTask:"
QUERY = "  /api/v1/jobs/recordInfo:\n    get:"


def found_in(folder: Path) -> list[str]:
    """Return the problems of a broken folder by way of `examine`, which never raises."""
    contract, problems = examine(read(folder))
    assert contract is None
    return [str(problem) for problem in problems]


def is_found(expected: str, problems: list[str]) -> bool:
    return any(re.search(expected, problem, re.DOTALL) for problem in problems)


@pytest.mark.parametrize("file", [BEHAVIOR, MAIN, HAILUO])
@pytest.mark.parametrize("content", ["", "# nothing\n", "null\n"])
def test_an_empty_file_is_a_problem(folder: Path, file: str, content: str) -> None:
    (folder / file).write_text(content, "utf-8")
    assert is_found(rf"^{re.escape(file)}(:1)? /: is empty$", found_in(folder))


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (BEHAVIOR, "profiles:", "profiles: null\nx-profiles:", r"behavior.yaml:\d+ /profiles: null is not"),
        (BEHAVIOR, "  observed:\n", "  documented: 5\n  observed:\n", r"behavior.yaml:\d+ /profiles/documented: 5 is"),
        (
            BEHAVIOR,
            "version: 1",
            f"version: {2**70}",
            r"behavior.yaml:2 /: .*number 1180591620717411303424 is too large",
        ),
        (BEHAVIOR, "version: 1", "version: " + "9" * 5000, r"behavior.yaml:2 /: .*not a number that JSON can carry"),
        (BEHAVIOR, "version: 1", "version: 1e999", r"behavior.yaml:2 /: .*the number 1e999 is too large"),
        (BEHAVIOR, "title: Kie.ai", "title: !!binary x", r"behavior.yaml:3 /: .*the tag !!binary is not taken"),
        (BEHAVIOR, "title: Kie.ai", "title: !!set {x}", r"behavior.yaml:3 /: .*the tag !!set is not taken"),
        (
            BEHAVIOR,
            "title: Kie.ai",
            "title: !!timestamp 2026-01-01",
            r"behavior.yaml:3 /: .*the tag !!timestamp is not",
        ),
        (BEHAVIOR, "title: Kie.ai", "title: !mine x", r"behavior.yaml:3 /: .*the tag !mine is not taken"),
        (BEHAVIOR, "title: Kie.ai", "title: !!map [x]", r"behavior.yaml:3 /: .*no mapping"),
        (BEHAVIOR, "title: Kie.ai", "title: !!bool maybe", r"behavior.yaml:3 /: .*neither true nor false"),
        (BEHAVIOR, "title: Kie.ai", "title: {[a]: b}", r"behavior.yaml:3 /: .*a key must be text"),
        (HAILUO, "properties:\n", "properties: null\nx:\n", r"pro.yaml:\d+ /properties: null is not of type"),
        (HAILUO, "properties:\n", "properties: [1]\nx:\n", r"pro.yaml:\d+ /properties: \[1\] is not of type"),
        (HAILUO, "const: hailuo/02-image-to-video-pro", "enum: 5", r"pro.yaml:\d+ /properties/model/enum: 5 is not"),
        (
            HAILUO,
            "const: hailuo/02-image-to-video-pro",
            "const: [1]",
            r"pro.yaml:\d+ /properties/model: names no model",
        ),
        (
            HAILUO,
            "model:\n    const: hailuo/02-image-to-video-pro",
            "model: true",
            r"/properties/model: names no model",
        ),
        (HAILUO, "maxLength: 1500", "maxLength: many", r"pro.yaml:\d+ /properties/input/.*/maxLength: \"many\" is not"),
        (
            HAILUO,
            "$ref: ../openapi.yaml#/components/schemas/ImageUrl",
            "$ref: 5",
            r"/image_url/\$ref: 5 is not of type",
        ),
        (MAIN, PATHS, f"paths: null\nx-{PATHS}", r"openapi.yaml:\d+ /paths: null is not"),
        (MAIN, PATHS, PATHS.replace("\n", "\n  /z: null\n"), r"openapi.yaml:\d+ /paths/~1z: null is not"),
        (MAIN, QUERY, f"{QUERY} null\n    x-get:", r"openapi.yaml:\d+ /paths/~1api~1v1~1jobs~1recordInfo/get: null"),
        (
            MAIN,
            "operationId: recordInfo\n      summary",
            "operationId: [1]\n      summary",
            r"/get/operationId: \[1\] is",
        ),
        (MAIN, "\ncomponents:", "\ncomponents: []\nx-components:", r"openapi.yaml:\d+ /components: \[\] is not"),
        (MAIN, "  schemas:\n", "  schemas: null\n  x-schemas:\n", r"openapi.yaml:\d+ /components/schemas: null is not"),
        (MAIN, "servers:\n", "servers: hello\nx-servers:\n", r"openapi.yaml:\d+ /servers: \"hello\" is not"),
        (
            MAIN,
            "parameters:\n        -",
            "parameters:\n        - hello\n        -",
            r"/get/parameters/0: \"hello\" is not",
        ),
        (MAIN, "schema: {type: string, minLength: 1}", "schema: null", r"/get/parameters/0/schema: null is not"),
        (MAIN, "msg: {type: string}", "msg: {type: 5}", r"/components/schemas/CreateTaskAnswer/properties/msg/type: 5"),
    ],
)
def test_a_simple_mistake_is_located_not_raised(folder: Path, file: str, old: str, new: str, expected: str) -> None:
    edit(folder / file, old, new)
    found = found_in(folder)
    assert is_found(expected, found), found


def test_what_no_check_foresees_is_still_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("mockreel_contracts.check.meaning", fall)
    assert found_in(folder) == ["behavior.yaml:2 /: cannot be checked: ZeroDivisionError: by nought"]


BOMB = "".join(f"x{i + 1}: &x{i + 1} [{', '.join([f'*x{i}'] * 9)}]\n" for i in range(12))
MERGES = "".join(f"x{i + 1}: &x{i + 1} {{<<: [{', '.join([f'*x{i}'] * 9)}]}}\n" for i in range(12))
CHAIN = "".join(f"x{i + 1}: &x{i + 1} [*x{i}]\n" for i in range(200))


@pytest.mark.parametrize("file", [BEHAVIOR, MAIN, HAILUO])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("x0: &x0 [lol]\n" + BOMB, r":\d+ /: .*its aliases stand for over .*: write it out"),
        ("x0: &x0 {a: b}\n" + MERGES, r":\d+ /: .*its aliases stand for over .*: write it out"),
        ("x0: &x0 [lol]\n" + CHAIN, r":\d+ /: .*its aliases stand for over .*: write it out"),
        ("x: &x " + "a" * 100_000 + "\ny: [" + "*x, " * 100 + "]\n", r":\d+ /: .*its aliases stand for over"),
        ("x: &x {y: *x}\n", r":1 /: .*holds an alias of itself"),
        ("x: " + "a" * 2_000_000, r" /: is too large; expected at most 2 MB"),
        ("[" * 100_000, r":1 /: .*nested deeper than 100"),
        ("{" * 100_000, r":1 /: .*nested deeper than 100"),
        ("- " * 100_000, r":1 /: .*nested deeper than 100"),
        ("".join(" " * i + "a:\n" for i in range(500)), r":\d+ /: .*nested deeper than 100"),
    ],
    ids=["bomb", "merges", "chain", "text", "itself", "large", "lists", "objects", "dashes", "block"],
)
def test_a_file_that_would_burst_is_refused(folder: Path, file: str, content: str, expected: str) -> None:
    (folder / file).write_text(content, "utf-8")
    found = found_in(folder)
    assert is_found(re.escape(file) + expected, found), [problem[:300] for problem in found]


def test_a_hundred_levels_and_an_alias_of_a_plain_value_are_read() -> None:
    assert yamlfile.parse("[" * 100 + "]" * 100, "x")[1] == ()
    assert yamlfile.parse("a: &a {b: 1}\nc: *a\n", "x") == ({"a": {"b": 1}, "c": {"b": 1}}, ())


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (HAILUO, "{credits: 57,", "{when: {sise: 5}, credits: 57,", r"/x-mockreel/credits/0/when/sise: is not read by"),
        (
            BEHAVIOR,
            "  usd: 0.005",
            "  usd: 0.005\n  adjust: [{when: {sise: 5}, plus: 1, source: own, confidence: assumed}]",
            r"behavior.yaml:\d+ /credits/adjust/0/when/sise: is not read by",
        ),
        (
            BEHAVIOR,
            "  usd: 0.005",
            "  usd: 0.005\n  prices: [{when: {sise: 5}, credits: 1, source: own, confidence: assumed}]",
            r"behavior.yaml:\d+ /credits/prices/0/when/sise: is not read by",
        ),
        (
            BEHAVIOR,
            "  failure: generation_failed",
            "  failure: generation_failed\n  expires: [{when: {sise: 5}, after_s: 1, to: fail, error: not_found, "
            "source: own, confidence: assumed}]",
            r"behavior.yaml:\d+ /lifecycle/expires/0/when/sise: is not read by",
        ),
        (HAILUO, "{generating: [90", "{rolling: [90", r"pro.yaml:\d+ /x-mockreel/duration_s/rolling: is not a state"),
        (HAILUO, "[90, 180]", "[180, 90]", r"pro.yaml:\d+ /x-mockreel/duration_s/generating: is the wrong way round"),
        (
            BEHAVIOR,
            "=task.credits",
            "=task.creditz",
            r"/replies/query/body/data/creditsConsumed: a task has no creditz",
        ),
        (BEHAVIOR, "=task.credits", "=abs(task.creditz)", r"body/data/creditsConsumed: a task has no creditz"),
        (
            BEHAVIOR,
            "[openapi.yaml#/components/schemas/Refusal]",
            "[openapi.yaml#/components/schemas/Refusl]",
            r"behavior.yaml:\d+ /decisions/\d/at/0: leads nowhere",
        ),
        (
            BEHAVIOR,
            "[openapi.yaml#/comp",
            "[openapj.yaml#/comp",
            r"behavior.yaml:\d+ /decisions/\d/at/0: leads nowhere",
        ),
        (
            MAIN,
            "hailuo/02-image-to-video-pro: models/hailuo-02",
            "hailuo/02-image-to-video-pro: models/hailou-02",
            r"openapi.yaml:\d+ /paths/.*/mapping/hailuo~102-image-to-video-pro: is not the file that names this model",
        ),
        (
            MAIN,
            "hailuo/02-image-to-video-pro: models/hailuo-02",
            "hailuo/01: models/hailuo-01",
            r"openapi.yaml:\d+ /paths/.*/mapping/hailuo~101: refers to .*which is not a file of this contract",
        ),
        (BEHAVIOR, "code: 455", "code: 9007199254740993", r"/errors/maintenance/code: 9007199254740993 is greater"),
        (BEHAVIOR, "{Retry-After:", '{"Retry After":', r"/errors/rate_limited/headers: .*Retry After"),
        (BEHAVIOR, "header: Authorization", 'header: "Author:"', r"/auth/header: .*Author:"),
        (BEHAVIOR, "asset_life_s: 86400", "asset_life_s: 1e11", r"/lifecycle/asset_life_s: .*is greater"),
        (BEHAVIOR, "[45, 120]", "[45, 1e11]", r"/lifecycle/states/generating/duration_s/1: .*is greater"),
        (HAILUO, "{credits: 57,", "{credits: 1e13,", r"/x-mockreel/credits/0/credits: .*is greater"),
    ],
)
def test_what_leads_nowhere_or_out_of_bounds_is_named(
    folder: Path, file: str, old: str, new: str, expected: str
) -> None:
    edit(folder / file, old, new)
    found = found_in(folder)
    assert is_found(expected, found), found


@pytest.mark.parametrize("expression", ["task.error.task_code", "tasks[0].x", "'task.creditz'", "error.task.x"])
def test_only_the_names_of_a_task_are_looked_at(folder: Path, expression: str) -> None:
    edit(folder / BEHAVIOR, "=task.credits", f'"={expression}"')
    contract, problems = examine(read(folder))
    assert contract is not None
    assert problems == ()


@pytest.mark.parametrize(("old", "new"), [("request:", "reqest:"), ("name:", "name: [")])
def test_an_example_that_does_not_load_is_found_by_the_check(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str
) -> None:
    edit(folder / "examples" / "hailuo-02-pro.yaml", old, new)
    assert main(["contracts", "check", str(folder)]) == 1
    assert "examples/hailuo-02-pro.yaml" in capsys.readouterr().out


def test_one_broken_file_does_not_hide_the_problems_of_the_others(folder: Path) -> None:
    edit(folder / HAILUO, "type: object", "type: [object")
    edit(folder / "models" / "bytedance-v1-pro-image-to-video.yaml", "type: object", "type: objct")
    edit(folder / BEHAVIOR, "role: query", "role: qury")
    edit(folder / BEHAVIOR, "usd: 0.005", "usd: much")
    edit(folder / MAIN, "operationId: getCredit", "operationId: 5")
    found = found_in(folder)
    for expected in (
        rf"{HAILUO}:\d+ /: not readable as YAML",
        r"models/bytedance.*:\d+ /type: ",
        r"behavior.yaml:\d+ /operations/recordInfo/role: ",
        r"behavior.yaml:\d+ /credits/usd: ",
        r"openapi.yaml:\d+ /paths/.*/operationId: ",
    ):
        assert is_found(expected, found), (expected, found)


@pytest.mark.parametrize("provider", providers())
def test_every_model_file_has_a_sample_request_that_is_accepted(provider: str) -> None:
    contract = load(provider)
    found = samples(contract, examples_of(provider))
    assert len(found) == len({model.file for model in contract.models.values()})
    for name, example in found:
        assert contract.models[name].schema.is_valid(example.body)
        assert name in example.curl("http://127.0.0.1:1")
