"""Every model's requests: the valid ones are accepted, the invalid ones refused for the rule they are labelled with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from mockreel.strategies import Invalid, Rule, invalid_requests, rules, valid_requests
from mockreel.strategies.rule import rules_in
from mockreel.strategies.shape import Reading
from mockreel.strategies.subject import Subject, contract_of
from mockreel_contracts import load, providers
from tests.strategies.judges import Server, broken, few, validator_of

MODELS = [(name, model) for name in providers() for model in contract_of(name).models]
MODEL = "hailuo/2-3-image-to-video-standard"  # whose resolution and duration depend on each other
QUIET = settings(max_examples=500, phases=[Phase.generate, Phase.shrink])  # explaining takes most of the time
ONE_EACH = [(name, next(iter(contract_of(name).models))) for name in providers()]


@pytest.mark.slow
@pytest.mark.parametrize(("provider", "model"), MODELS)
def test_valid_requests_are_accepted_by_the_server_and_by_an_independent_validator(provider: str, model: str) -> None:
    contract = contract_of(provider)
    known = contract.models[model]
    validator, server = validator_of(known.schema.source, contract.openapi), Server(contract, model)
    seen: list[Any] = []

    @few(25, 500)
    @given(valid_requests(provider, model))
    def check(body: Any) -> None:
        assert broken(validator, body) == set()
        assert server.accepts(body)
        seen.append(body)

    check()
    assert len(seen) >= 25
    assert {body.get("model", model) for body in seen} == {model}


@pytest.mark.slow
@pytest.mark.parametrize(("provider", "model"), MODELS)
def test_each_rule_is_broken_alone_and_the_server_and_an_independent_validator_name_it(
    provider: str, model: str
) -> None:
    contract = contract_of(provider)
    validator, server = validator_of(contract.models[model].schema.source, contract.openapi), Server(contract, model)
    reached: dict[Rule, int] = {}

    def check_rule(rule: Rule) -> None:
        @few(2, 60)
        @given(invalid_requests(provider, model, rule=rule))
        def check(pair: Invalid) -> None:
            body, label = pair
            assert label is rule
            assert broken(validator, body) == {(rule.pointer, rule.keyword)}, rule
            status, decision = server.ask(body)
            assert 400 <= status < 500
            assert decision.startswith("refused: ")
            said = "unknown_model" if decision.startswith("refused: unknown model") else rule.keyword
            assert f"{rule.pointer or '/'}: " in decision
            assert f"[{said}]" in decision
            assert (said == "unknown_model") == (rule.keyword in ("const", "enum") and rule.pointer == "/model")
            reached[rule] = reached.get(rule, 0) + 1

        check()

    known = rules(provider, model)
    for rule in known:
        check_rule(rule)
    assert set(reached) == set(known)


def schema_rules() -> Iterator[tuple[str, str, Rule]]:
    for provider, model in MODELS:
        contract = contract_of(provider)
        for rule in rules_in(contract.models[model].schema.source, Reading(contract.openapi)):
            yield provider, model, rule


def test_only_rules_that_another_implies_cannot_be_broken_alone() -> None:
    left = {(p, r.pointer, r.keyword) for p, model, r in schema_rules() if r not in rules(p, model)}
    assert left == {
        ("gateway", "/duration", "maxLength"),  # by the pattern of 1 to 16
        ("gateway", "/model", "type"),  # by the enum
        ("vidu", "/duration", "type"),  # by an enum or a const, where there is one
    }
    assert not any(r.keyword == "type" for r in rules("vidu", "viduq1") if r.pointer == "/duration")
    assert any(r.keyword == "type" for r in rules("vidu", "viduq2") if r.pointer == "/duration")


def test_rules_across_fields_are_among_them() -> None:
    known = [(r.pointer, r.keyword) for r in rules("kie", MODEL)]
    assert ("/input/duration", "not") in known
    assert ("/image", "dependentRequired") in [(r.pointer, r.keyword) for r in rules("gateway", "viduq3p-720p")]
    vidu = [(r.pointer, r.keyword) for r in rules("vidu", "vidu2.0")]
    assert {("/prompt", "required"), ("/audio", "not"), ("/resolution", "const")} <= set(vidu)


@pytest.mark.parametrize(("provider", "model"), ONE_EACH)
def test_the_last_filters_let_everything_through(provider: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are for keywords that are not made on purpose; no shipped schema has one."""
    asked, refused = [], []

    def counting(original: Any) -> Any:
        def count(self: Subject, *arguments: Any) -> bool:
            asked.append(arguments)
            is_good: bool = original(self, *arguments)
            if not is_good:
                refused.append(arguments)
            return is_good

        return count

    monkeypatch.setattr(Subject, "accepts", counting(Subject.accepts))
    monkeypatch.setattr(Subject, "breaks", counting(Subject.breaks))

    @settings(max_examples=300)
    @given(st.one_of(valid_requests(provider, model), invalid_requests(provider, model)))
    def draw(_made: Any) -> None:
        pass

    draw()
    assert len(asked) >= 300
    assert refused == []


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_in(item)


@pytest.mark.parametrize("provider", providers())
def test_texts_are_readable_and_choose_no_outcome(provider: str) -> None:
    @given(st.one_of(valid_requests(provider), invalid_requests(provider)))
    def check(made: Any) -> None:
        body = made.body if isinstance(made, Invalid) else made
        assert all(text.isprintable() and "[" not in text for text in texts_in(body))

    check()


def test_other_characters_come_when_they_are_asked_for() -> None:
    model = "hailuo/02-image-to-video-pro"
    anything = st.characters(codec="utf-8", exclude_characters="\0")
    found = find(
        valid_requests("kie", model, characters=anything),
        lambda body: not body["input"]["prompt"].isprintable(),
        settings=QUIET,
    )
    assert len(found["input"]["prompt"]) == 1


def test_a_failing_example_shrinks_to_a_small_readable_body() -> None:
    picture = "https://example.com/a.png"
    assert find(valid_requests("vidu", "viduq3-pro"), lambda body: body.get("off_peak") is True, settings=QUIET) == {
        "model": "viduq3-pro",
        "images": [picture],
        "is_rec": True,  # which needs no prompt
        "off_peak": True,
    }
    assert find(valid_requests("kie"), lambda body: len(body["input"]["prompt"]) > 3, settings=QUIET) == {
        "model": "bytedance/v1-pro-image-to-video",
        "input": {"prompt": "0000", "image_url": picture},
    }
    body, rule = find(invalid_requests("kie", MODEL), lambda pair: pair.rule.keyword == "not", settings=QUIET)
    assert str(rule) == "/input/duration not {'enum': ['10', 10]}"
    assert body == {
        "model": MODEL,
        "input": {"prompt": "0", "image_url": picture, "duration": "10", "resolution": "1080P"},
    }


def test_requests_ask_for_callbacks_where_they_are_told_to() -> None:
    url = "http://127.0.0.1:9/hook"
    for provider, field in (("kie", "callBackUrl"), ("vidu", "callback_url")):
        assert find(valid_requests(provider, callback_url=url), lambda _: True, settings=QUIET)[field] == url
        assert field not in find(valid_requests(provider), lambda _: True, settings=QUIET)


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(ValueError, match=r"kie has no model 'nope'; it has bytedance"):
        valid_requests("kie", "nope")
    some = rules("kie", "hailuo/02-image-to-video-pro")[5]
    with pytest.raises(ValueError, match=r"is no rule of model 'viduq2'; mockreel"):
        invalid_requests("vidu", "viduq2", rule=some)
    strict = load("vidu", profile="strict")
    with pytest.raises(ValueError, match=r"no request for vidu2\.0 is accepted under profile 'strict'"):
        valid_requests(strict, "vidu2.0")


def test_models_that_a_profile_refuses_are_left_out() -> None:
    strict = load("vidu", profile="strict")
    names = set()

    @given(valid_requests(strict))
    def look(body: Any) -> None:
        names.add(body["model"])

    look()
    assert "viduq2" in names
    assert "vidu2.0" not in names
