"""Faults to arm: lists of options as `MockProvider.add_faults` takes them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mockreel import faults
from mockreel.domain.faults.effects import ACTS_ON
from mockreel.domain.faults.kind import CASES, FaultError, FaultKind, Field
from mockreel.strategies.subject import contract_of
from mockreel_contracts import Contract

Options = dict[str, Any]

_FURTHEST = 100  # how far beyond its least value a number of a fault goes, as most bounds are far out
_TIMING: dict[str, st.SearchStrategy[Any]] = {
    "times": st.integers(1, 3),
    "after": st.integers(0, 3),
    "every": st.integers(1, 3),
    "probability": st.sampled_from((1.0, 0.75, 0.5, 0.25)),
    "ramp_s": st.integers(0, 120),
    "ttl_s": st.integers(61, 600),  # after every window has begun
}


def fault_schedules(
    *providers: str | Contract, kinds: str | tuple[str, ...] = (), max_size: int = 4
) -> st.SearchStrategy[list[Options]]:
    """Return lists of up to `max_size` faults to arm with `MockProvider.add_faults`, which takes all of them.

    `kinds` are the names of the faults that may be among them; by default every fault that ships. A mock that serves
    `providers` and maybe others can meet them. Raises ValueError without a provider, and for an unknown fault.
    """
    known = faults.shipped()
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    unknown = [name for name in kinds if name not in known]
    if unknown or not providers:
        what = f"no fault is called {unknown[0]!r}; `mockreel faults list` has them" if unknown else "name a provider"
        raise ValueError(what)
    contracts = [contract_of(provider) for provider in providers]
    chosen = [known[name] for name in kinds or sorted(known)]
    one = st.sampled_from(chosen).flatmap(lambda kind: _options(kind, contracts))
    return st.lists(one, max_size=max_size)


def _options(kind: FaultKind, contracts: list[Contract]) -> st.SearchStrategy[Options]:
    """Return what may be said when a fault is armed."""
    cases = {word[1:] for effect, word in kind.act.items() if effect in CASES and str(word).startswith("=")}
    own = {name: _cases(contracts) if name in cases else _values(kind, field) for name, field in kind.fields.items()}
    roles = ACTS_ON[kind.point]
    named = {o.id: o.role for contract in contracts for o in contract.operations.values() if o.role in roles}
    on = [*dict.fromkeys(named.values()), *named, *(["result"] if "result" in roles else [])]
    said = {"on": st.sampled_from(on)} if on else {}
    windows = st.tuples(st.integers(0, 60), st.integers(1, 60)).map(lambda w: {"from_s": w[0], "until_s": w[0] + w[1]})
    plain = st.fixed_dictionaries({"fault": st.just(kind.name)}, optional={**own, **said, **_TIMING})
    return st.builds(lambda options, window: {**options, **window}, plain, st.one_of(st.just({}), windows))


def _cases(contracts: list[Contract]) -> st.SearchStrategy[str]:
    first, *others = (set(contract.errors) for contract in contracts)
    return st.sampled_from(sorted(first.union(*others)))


def _values(kind: FaultKind, field: Field) -> st.SearchStrategy[Any]:
    """Return the values that a field takes; of texts those few that are known to do."""
    if isinstance(field.default, bool):
        return st.booleans()
    if isinstance(field.default, int | float):
        least = field.least if field.least is not None else 0
        most = min(field.most, least + _FURTHEST) if field.most is not None else least + _FURTHEST
        if isinstance(field.default, int):
            return st.integers(round(least), round(most))
        return st.one_of(st.just(field.default), st.floats(least, most).map(lambda n: round(n, 2)))
    candidates = [field.default, *field.one_of, "another", "text/css", {"more": 1}]
    return st.sampled_from([each for each in candidates if _takes(kind, field, each)])


def _takes(kind: FaultKind, field: Field, value: Any) -> bool:
    try:
        kind.effects({field.name: value})
    except FaultError:
        return False
    return True
