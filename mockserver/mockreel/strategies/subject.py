"""Whose requests are made: a contract, one of its models, and what is read of them once."""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import cached_property, lru_cache
from typing import Any

import mockreel_contracts
from mockreel.domain import inline
from mockreel.strategies.rule import Rule, rules_in
from mockreel.strategies.shape import Reading, Shape, demand, product, weight
from mockreel.strategies.values import is_possible
from mockreel_contracts import Contract, Operation

_KEPT = 256
_PLAIN_PATH = re.compile(r"body((?:\.\w+)+)")


class Subject:
    """A model as its operation takes it. `valid` are the shapes of its bodies: none where it is refused."""

    def __init__(self, contract: Contract, operation: Operation, model: str, callback_url: str | None) -> None:
        self.contract = contract
        self.operation = operation
        self.model = operation.models[model]
        self._name = model
        self._reading = Reading(contract.openapi)
        self._url = self._url_shape(callback_url)
        self.valid = self._possible(frozenset(), [self._named(), self._url])

    @cached_property
    def broken(self) -> dict[Rule, list[Shape]]:
        """The rules that a body can break while it keeps every other, and the shapes of the bodies that do."""
        found = {rule: self._shapes(rule) for rule in rules_in(self.model.schema.source, self._reading)}
        return {rule: shapes for rule, shapes in found.items() if shapes}

    def accepts(self, body: Any) -> bool:
        """Whether the contract accepts a body: its schema, and its rules for files sent inside it."""
        return self.model.schema.is_valid(body) and self._has_good_files(body)

    def breaks(self, body: Any, rule: Rule) -> bool:
        """Whether a body breaks one rule and no other."""
        found = self.model.schema.violations(body)
        return bool(found) and all(rule.fits(violation) for violation in found) and self._has_good_files(body)

    def _has_good_files(self, body: Any) -> bool:
        document = {"body": body, "raw": body}
        return not isinstance(body, dict) or all(inline.check(each, document) is None for each in self.contract.inputs)

    def _shapes(self, rule: Rule) -> list[Shape]:
        field = self.operation.discriminator
        if rule.pointer != f"/{field}":
            about_url = self._url is not None and any(rule.pointer.startswith(at) for at in self._url_pointers())
            return self._possible(rule.at, [self._named(), None if about_url else self._url])
        if rule.keyword in ("const", "enum"):  # no model at all, so that the server does not take it for another
            others = _either(demand("enum", list(self.operation.models), is_kept=False), demand("type", "string"))
            return self._possible(rule.at, [Shape(fields=((field, others),))])
        return self._possible(rule.at, [])

    def _possible(self, broken: frozenset[str], more: list[Shape | None]) -> list[Shape]:
        shapes = self._reading.kept(self.model.schema.source, broken=broken)
        found = product([shapes, *([each] for each in more if each)])
        return sorted((shape for shape in found if is_possible(shape)), key=weight)

    def _named(self) -> Shape:
        """Return the shape of a body that is for this model."""
        field = self.operation.discriminator
        if not self._name:
            return Shape()
        required = frozenset((field,)) if self._name != self.operation.default_model else frozenset[str]()
        return Shape(fields=((field, demand("const", self._name)),), required=required)

    def _url_shape(self, url: str | None) -> Shape | None:
        """Return the shape of a body with this callback URL, or without any; None where it is not one plain field."""
        names = self._url_pointers()
        if not names:
            return None
        *parents, last = names[-1].split("/")[1:]
        if url is None:
            shape = Shape(absent=frozenset((last,)))
        else:
            shape = Shape(fields=((last, demand("const", url)),), required=frozenset((last,)))
        for name in reversed(parents):
            shape = Shape(fields=((name, shape),), required=frozenset((name,)) if url else frozenset())
        return shape

    def _url_pointers(self) -> list[str]:
        reads = self.contract.behavior["operations"][self.operation.id].get("reads", {})
        plain = _PLAIN_PATH.fullmatch(str(reads.get("callback_url", "")))
        return [plain[1].replace(".", "/")] if plain else []


def _either(one: Shape, other: Shape) -> Shape:
    return Shape((*one.demands, *other.demands))


_subjects: OrderedDict[tuple[int, str, str | None], Subject] = OrderedDict()


def subject_of(contract: Contract, model: str, callback_url: str | None) -> Subject:
    """Return what is known of a model. Raises ValueError for one that the contract does not have."""
    place = (id(contract), model, callback_url)
    if place not in _subjects:
        operation = next((o for o in contract.by_role("submit") if model in o.models), None)
        if operation is None:
            raise ValueError(f"{contract.provider} has no model {model!r}; it has {', '.join(contract.models)}")
        _subjects[place] = Subject(contract, operation, model, callback_url)  # which keeps the contract, and its id
        if len(_subjects) > _KEPT:
            _subjects.popitem(last=False)
    return _subjects[place]


def models_of(contract: Contract, model: str | None) -> list[str]:
    """Return the model, or all that the contract's profile takes. Raises ValueError where that is none."""
    names = [model] if model is not None else list(contract.models)
    taken = [name for name in names if subject_of(contract, name, None).valid]
    if not taken:
        raise ValueError(f"no request for {', '.join(names)} is accepted under profile {contract.profile!r}")
    return taken


def contract_of(provider: str | Contract) -> Contract:
    """Return the contract of a shipped provider, or the one that is given. Raises ContractError."""
    return _shipped(provider) if isinstance(provider, str) else provider


_shipped = lru_cache(maxsize=16)(mockreel_contracts.load)
