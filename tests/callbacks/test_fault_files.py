"""A fault is a file. A bad one is refused whole, with every problem and the file that it is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockreel import faults
from mockreel.domain.faults.kind import FaultError

GOOD = """\
title: The callback comes twice.
point: callback
fields:
  copies: {default: 2, least: 1, most: 9, unit: pieces, text: How many.}
act: {copies: =copies}
"""


def load(tmp_path: Path, **files: str) -> str:
    """Load a folder of these files; return what it is refused with, or ''."""
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    try:
        faults.load(tmp_path)
    except FaultError as error:
        return str(error)
    return ""


def test_a_good_file_is_a_fault_by_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "twice.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "notes.txt").write_text("not a fault", "utf-8")
    found = faults.load(tmp_path)
    assert list(found) == ["twice"]
    assert found["twice"].title == "The callback comes twice."
    assert found["twice"].effects({}) == {"copies": 2}
    assert found["twice"].effects({"copies": "9"}) == {"copies": 9}


def test_the_shipped_faults_load_from_their_folder() -> None:
    folder = Path(faults.__file__).parent
    assert faults.load(folder) == faults.shipped()
    assert len(faults.shipped()) == len(list(folder.glob("*.yaml")))


@pytest.mark.parametrize("name", faults.shipped())
def test_every_shipped_fault_acts_with_its_defaults_and_at_its_bounds(name: str) -> None:
    kind = faults.shipped()[name]
    assert kind.title.endswith(".")
    kind.effects({})
    for each in kind.fields.values():
        assert each.take(each.default) == each.default
        assert each.text.endswith(".")
        if isinstance(each.default, int | float) and not isinstance(each.default, bool):
            for bound in (each.least, each.most):
                assert bound is None or each.take(str(type(each.default)(bound))) == bound


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["bad: expected a mapping, got NoneType"]),
        ("[]", ["bad: expected a mapping, got list"]),
        ("lose", ["bad: expected a mapping, got str"]),
        (
            "{}",
            [
                "bad: title is missing: a line that says what the caller sees",
                "bad: point is one of ",
            ],
        ),
        ("title: 5\npoint: callback\nact: {lose: true}", ["bad: title is missing"]),
        ("title: t.\npoint: callback", ["bad: act is missing: what the fault does"]),
        ("title: t.\npoint: callback\nact: {}", ["bad: act is missing: what the fault does"]),
        ("title: t.\npoint: callback\nact: lose", ["bad: act is missing: what the fault does"]),
        ("title: t.\npoint: callbacks\nact: {lose: true}", ["bad: point is one of ", "got 'callbacks'"]),
        ("title: t.\npoint: [callback]\nact: {lose: true}", ["bad: point is one of ", "got ['callback']"]),
        ("title: t.\npoint: callback\nact: {loose: true}", ["bad: point callback has no effect 'loose'; known: add, "]),
        (
            "title: t.\npoint: callback\nactt: {lose: true}",
            ["bad: knows no 'actt'; known: act, ", "bad: act is missing"],
        ),
        ("title: t.\npoint: callback\nact: {copies: =many}", ["bad: act says =many, which is not one of its fields"]),
        ("title: t.\npoint: callback\nfields: []\nact: {lose: true}", ["bad: fields is not a mapping"]),
        (
            "title: t.\npoint: callback\nfields: {many: 3}\nact: {copies: =many}",
            ["bad: fields.many needs a default, and takes default, least, most, text, unit"],
        ),
        (
            "title: t.\npoint: callback\nfields: {many: {least: 1}}\nact: {copies: =many}",
            ["bad: fields.many needs a default"],
        ),
        (
            "title: t.\npoint: callback\nfields: {many: {default: 1, max: 3}}\nact: {copies: =many}",
            ["bad: fields.many needs a default, and takes default, least, most, text, unit"],
        ),
        ("title: t.\n  point: x", ["bad.yaml:2", "not readable as YAML"]),
        ("title: t.\ntitle: u.\npoint: callback\nact: {lose: true}", ["bad.yaml:2", "the key 'title' stands twice"]),
        ("title: !!python/object/apply:os.system [ls]", ["bad.yaml:1", "not taken"]),
        ("title: &a [*a]", ["bad.yaml:1", "an alias of itself"]),
    ],
    ids=lambda value: value.replace("\n", " ")[-40:] if isinstance(value, str) else "",
)
def test_a_bad_file_is_refused_with_what_is_wrong_and_what_is_right(
    tmp_path: Path, text: str, problems: list[str]
) -> None:
    refused = load(tmp_path, bad=text, good=GOOD)
    assert refused
    assert [problem for problem in problems if problem not in refused] == []
    assert "good" not in refused.replace("a good", "")


WRONG_KINDS = {
    "a default of null": "fields: {many: {default: null}}\nact: {copies: =many}",
    "a default that is a list": "fields: {many: {default: [1]}}\nact: {copies: =many}",
    "a default out of its bounds": "fields: {many: {default: 10, least: 1, most: 9}}\nact: {copies: =many}",
    "a bound that is text": "fields: {many: {default: 1, least: one}}\nact: {copies: =many}",
    "bounds the wrong way round": "fields: {many: {default: 5, least: 9, most: 1}}\nact: {copies: =many}",
    "text where a number acts": "fields: {many: {default: two}}\nact: {copies: =many}",
    "a number where true or false acts": "act: {lose: 1}",
    "text where true or false acts": 'act: {lose: "yes"}',
    "a list where a number acts": "act: {delay_s: [1]}",
    "null where a number acts": "act: {copies: null}",
    "a number where a mapping acts": "act: {add: 5}",
    "an example that is a number": "act: {lose: true}\nexample: 5",
}


@pytest.mark.parametrize("what", WRONG_KINDS)
def test_a_value_of_the_wrong_kind_is_refused_when_the_file_is_read_not_when_it_acts(tmp_path: Path, what: str) -> None:
    refused = load(tmp_path, bad=f"title: t.\npoint: callback\n{WRONG_KINDS[what]}\n")
    assert refused.startswith("bad: ")


@pytest.mark.parametrize(
    ("bounds", "given", "text"),
    [
        ("least: 1", "0", "copies is from 1"),
        ("most: 9", "10", "copies is "),
    ],
)
def test_one_bound_alone_is_enough(tmp_path: Path, bounds: str, given: str, text: str) -> None:
    source = f"title: t.\npoint: callback\nfields: {{copies: {{default: 3, {bounds}}}}}\nact: {{copies: =copies}}\n"
    (tmp_path / "one.yaml").write_text(source, "utf-8")
    kind = faults.load(tmp_path)["one"]
    assert kind.effects({"copies": "3"}) == {"copies": 3}
    with pytest.raises(FaultError) as refused:
        kind.effects({"copies": given})
    assert text in str(refused.value)
    assert given in str(refused.value)


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    refused = load(
        tmp_path,
        first="title: t.\npoint: callback\nact: {loose: true, early: true, latee: true}",
        second="point: nowhere",
        third=": :",
        good=GOOD,
    )
    lines = refused.splitlines()
    assert [line.partition(":")[0].removesuffix(".yaml") for line in lines] == [
        "first",
        "first",
        "second",
        "second",
        "third",
    ]


@pytest.mark.parametrize("name", ["a,b", "a;b", " a", "a "])
def test_a_name_that_no_header_can_say_is_refused(tmp_path: Path, name: str) -> None:
    assert "bad" not in load(tmp_path, **{name: GOOD})
    with pytest.raises(FaultError):
        faults.load(tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FaultError, match=r"bad\.yaml"):
        faults.load(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="nowhere"):
        faults.load(tmp_path / "nowhere")


def test_a_file_too_large_is_refused(tmp_path: Path) -> None:
    assert "is too large" in load(tmp_path, bad="title: " + "x" * 3_000_000)
