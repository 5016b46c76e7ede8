"""Our fast evaluation of JMESPath says what the library says."""

from __future__ import annotations

from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel_contracts import expressions, load, providers
from mockreel_contracts.expressions import ExpressionError, compile_expression

NAMES = [
    "body",
    "query",
    "task",
    "model",
    "facts",
    "a",
    "b",
    "id",
    "state",
    "phase",
    "error",
    "results",
    "url",
    "input",
]


def all_expressions() -> list[str]:
    """Return every expression of the shipped contracts, in all profiles."""
    found: set[str] = set()
    for provider in providers():
        for profile in load(provider).profiles:
            behavior = load(provider, profile=profile).behavior
            for operation in behavior["operations"].values():
                found |= set(operation.get("reads", {}).values())
            pending: list[Any] = [reply["body"] for reply in behavior["replies"].values()]
            while pending:
                value = pending.pop()
                if isinstance(value, str) and value.startswith("="):
                    found.add(value[1:])
                elif isinstance(value, dict):
                    pending.extend(value.values())
                elif isinstance(value, list):
                    pending.extend(value)
    return sorted(found)


EXTRA = [
    "a || b",
    "a && b",
    "a == b",
    "a != `5`",
    "{x: a, y: b.id}",
    "a.b.id",
    "not_null(a, b)",
    "a[0].id",
    "a[].id",
    "`1`",
    "@",
]
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "5", "failed", "succeeded"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.parametrize("source", [*all_expressions(), *EXTRA])
@given(document=st.dictionaries(st.sampled_from(NAMES), documents, max_size=6))
def test_it_agrees_with_the_library(source: str, document: dict[str, Any]) -> None:
    try:
        expected = jmespath.search(source, document, expressions._OPTIONS)
    except (jmespath.exceptions.JMESPathError, TypeError, ValueError):
        expected = None
    assert compile_expression(source)(document) == expected


@pytest.mark.parametrize("source", ["a..b", "foo(a)", "[", "a b", "length(@, "])
def test_what_is_no_expression_is_refused(source: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(source)


@pytest.mark.parametrize(
    ("source", "document", "expected"),
    [
        ("to_string(a)", {"a": {"中": [1, "文"]}}, '{"中":[1,"文"]}'),
        ("rfc3339(a)", {"a": 1_768_881_713_504}, "2026-01-20T04:01:53.504Z"),
        ("rfc3339(a)", {}, None),
        ("unix(a)", {"a": 1_774_507_626_999}, 1_774_507_626),
        ("to_ms(a)", {"a": "2026-01-20T04:01:53.504Z"}, 1_768_881_713_504),
        ("to_ms(a)", {"a": "2026-01-20T04:01:53"}, 1_768_881_713_000),
        ("to_ms(a)", {"a": 12.5}, 12_500),
        ("to_ms(a)", {"a": "tomorrow"}, None),
        ("to_ms(a)", {"a": "inf"}, None),
        ("if(a, 'y', 'n')", {"a": 0}, "y"),
        ("if(a, 'y', 'n')", {"a": ""}, "n"),
        ("add(a, `-2`)", {"a": 5}, 3),
        ("add(a, `-2`)", {}, None),
        ("lower(a)", {"a": "ABC"}, "abc"),
        ("lower(a)", {"a": 5}, None),
    ],
)
def test_our_functions(source: str, document: Any, expected: Any) -> None:
    assert compile_expression(source)(document) == expected
