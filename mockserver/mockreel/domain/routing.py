"""Which operation a method and a path mean: a tree of path segments, so that sixty operations cost what one does."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


class RouteConflictError(ValueError):
    """Two operations claim the same method and path."""


@dataclass(slots=True)
class _Node(Generic[T]):
    children: dict[str, _Node[T]] = field(default_factory=dict)
    any_child: _Node[T] | None = None
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    targets: dict[str, T] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """A path that is known: the target (None when the method is not), its path parameters, the methods there are."""

    target: T | None
    values: tuple[str, ...]
    names: tuple[str, ...]
    methods: tuple[str, ...]


class Router(Generic[T]):
    """An exact table of (method, path template)."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()
        self._static: dict[tuple[str, str], Match[T]] = {}
        self._templates: list[str] = []

    def add(self, method: str, template: str, target: T) -> None:
        """Add a route. Raises RouteConflictError when the method and path are taken."""
        node = self._root
        names = []
        for segment in template.strip("/").split("/"):
            if segment.startswith("{") and segment.endswith("}"):
                names.append(segment[1:-1])
                node.any_child = node.any_child or _Node()
                node = node.any_child
            else:
                node = node.children.setdefault(segment, _Node())
        if method in node.targets:
            raise RouteConflictError(f"{method} {template} is served twice")
        node.targets[method] = target
        node.names[method] = tuple(names)
        self._templates.append(template)
        if not names:
            self._static[(method, template)] = Match(target, (), (), tuple(node.targets))

    def find(self, method: str, path: str) -> Match[T] | None:
        """Return the match of a path, or None where there is no such path."""
        found = self._static.get((method, path))
        if found is not None:
            return found
        if not path.startswith("/"):
            return None
        segments = path[1:].split("/")
        node, values = self._walk(self._root, segments, ())
        if node is None:
            return None
        methods = tuple(sorted(node.targets))
        return Match(node.targets.get(method), values, node.names.get(method, ()), methods)

    def nearest(self, path: str) -> str:
        """Return the known path most like `path`, or ''."""
        return next(iter(difflib.get_close_matches(path, self._templates, n=1, cutoff=0.4)), "")

    def templates(self) -> Iterable[str]:
        """Return every path template."""
        return tuple(self._templates)

    def _walk(
        self, node: _Node[T], segments: list[str], values: tuple[str, ...]
    ) -> tuple[_Node[T] | None, tuple[str, ...]]:
        if not segments:
            return (node if node.targets else None), values
        child = node.children.get(segments[0])
        if child is not None:
            found, taken = self._walk(child, segments[1:], values)
            if found is not None:
                return found, taken
        if node.any_child is not None and segments[0]:
            return self._walk(node.any_child, segments[1:], (*values, segments[0]))
        return None, values
