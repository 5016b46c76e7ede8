"""Bodies of submit requests: those that a contract accepts, and those that break one rule of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from hypothesis import strategies as st

from mockreel.strategies.rule import Rule
from mockreel.strategies.shape import Shape
from mockreel.strategies.subject import Subject, contract_of, models_of, subject_of
from mockreel.strategies.texts import READABLE, Texts
from mockreel.strategies.values import Values, values
from mockreel_contracts import Contract


class Invalid(NamedTuple):
    """A body, and the one rule that it breaks."""

    body: Any
    rule: Rule


def valid_requests(
    provider: str | Contract,
    model: str | None = None,
    *,
    callback_url: str | None = None,
    characters: Texts = READABLE,
) -> st.SearchStrategy[dict[str, Any]]:
    """Return request bodies that the contract accepts, for one model or for any.

    >>> @given(valid_requests("kie", "hailuo/2-3-image-to-video-standard"))

    They ask for callbacks at `callback_url`, or for none. `characters` are those of texts that no pattern governs; what
    is drawn may then choose an outcome ("[[mock:stuck]]"). Values are made to fit: of 6,900 bodies of shipped models
    none had to be thrown away. Raises ValueError for a model that is not there.
    """
    contract = contract_of(provider)
    names = models_of(contract, model)

    def of(name: str) -> Values:
        return _accepted(subject_of(contract, name, callback_url), characters)

    return of(names[0]) if len(names) == 1 else st.sampled_from(names).flatmap(of)


def invalid_requests(
    provider: str | Contract,
    model: str | None = None,
    *,
    rule: Rule | None = None,
    characters: Texts = READABLE,
) -> st.SearchStrategy[Invalid]:
    """Return (body, rule) pairs: bodies that break just one rule of their model, or always the given `rule`.

    Beside that rule every other is kept. Raises ValueError for a model or a rule that is not there.
    """
    contract = contract_of(provider)
    names = models_of(contract, model)
    if rule is not None and (model is None or rule not in rules(contract, model)):
        raise ValueError(f"{rule!r} is no rule of model {model!r}; mockreel.strategies.rules lists those of a model")

    def of(name: str) -> st.SearchStrategy[Invalid]:
        subject = subject_of(contract, name, None)
        chosen = list(subject.broken) if rule is None else [rule]
        return st.sampled_from(chosen).flatmap(lambda each: _breaking(subject, each, characters))

    return of(names[0]) if len(names) == 1 else st.sampled_from(names).flatmap(of)


def rules(provider: str | Contract, model: str) -> tuple[Rule, ...]:
    """Return the rules of a model that a body can break while it keeps every other, in the schema's order.

    Not among them: what another rule implies (the `type` of an `enum`), and the keywords that are only checked, never
    broken on purpose: `contains`, `prefixItems`, `patternProperties`, `propertyNames`, `unevaluated…`.
    """
    return tuple(subject_of(contract_of(provider), model, None).broken)


@lru_cache(maxsize=1024)
def _accepted(subject: Subject, characters: Texts) -> Values:
    return _any_of(subject.valid, characters).filter(lambda body: subject.accepts(body))


@lru_cache(maxsize=4096)
def _breaking(subject: Subject, rule: Rule, characters: Texts) -> st.SearchStrategy[Invalid]:
    """Return the bodies that break one rule; the keywords that shapes leave to a validator are checked last."""
    bodies = _any_of(subject.broken[rule], characters).filter(lambda body: subject.breaks(body, rule))
    return bodies.map(lambda body: Invalid(body, rule))


def _any_of(shapes: list[Shape], characters: Texts) -> Values:
    """Return the values of any shape; those are made that are drawn."""
    if len(shapes) == 1:
        return values(shapes[0], characters)
    return st.sampled_from(shapes).flatmap(lambda shape: values(shape, characters))
