"""YAML, read safely: JSON's kinds of value only, dates stay text, a key may stand only once, and nothing grows."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from mockreel_contracts.pointer import join
from mockreel_contracts.problem import Problem

MAX_BYTES = 2_000_000  # of a file, its aliases written out
MAX_DEPTH = 100

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Base  # type: ignore[assignment]


class _Loader(_Base):
    duplicates: list[tuple[str, int]]
    depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: Any) -> None:
        """Called by the composer before each node: the one place to stop before its recursion ends the process."""
        del current_index
        self.depth += 1
        if self.depth > MAX_DEPTH and current_node is not None:
            raise _refusal(current_node, f"nested deeper than {MAX_DEPTH}")

    def ascend_resolver(self) -> None:
        """Called by the composer after each node."""
        self.depth -= 1


def _refusal(node: yaml.Node, reason: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=reason, problem_mark=node.start_mark)


def _construct_mapping(loader: _Loader, node: yaml.Node) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise _refusal(node, "the tag !!map stands before what is no mapping")
    loader.flatten_mapping(node)
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise _refusal(key_node, "a key must be text")
        key = str(key_node.value)  # also an HTTP status or a code written without quotes
        if key in result:
            loader.duplicates.append((key, key_node.start_mark.line + 1))
        result[key] = loader.construct_object(value_node, deep=True)
    return result


def _construct_number(loader: _Loader, node: yaml.ScalarNode) -> int | float:
    text = loader.construct_scalar(node)
    try:
        value = int(text) if node.tag.endswith(":int") else float(text)
    except ValueError:
        raise _refusal(node, f"{text[:40]!r} is not a number that JSON can carry") from None
    if not -(2**63) <= value < 2**63:
        raise _refusal(node, f"the number {text[:40]} is too large; a text needs quotes")
    return value


def _construct_boolean(loader: _Loader, node: yaml.ScalarNode) -> bool:
    text = loader.construct_scalar(node)
    if text not in ("true", "false"):
        raise _refusal(node, f"{text[:40]!r} is neither true nor false")
    return bool(text == "true")


def _refuse_tag(_loader: _Loader, node: yaml.Node) -> None:
    tag = node.tag.replace("tag:yaml.org,2002:", "!!")
    raise _refusal(node, f"the tag {tag} is not taken: only JSON's kinds of value are")


# YAML 1.2 core words only: `no`, `on` and 2026-01-01 are text.
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~\0"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(rf"^(?:{_pattern})$"),
        [character if character != "\0" else "" for character in _first],
    )
_Loader.yaml_constructors = {
    **{
        tag: construct
        for tag, construct in _Base.yaml_constructors.items()
        if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq")
    },
    "tag:yaml.org,2002:map": _construct_mapping,
    "tag:yaml.org,2002:int": _construct_number,
    "tag:yaml.org,2002:float": _construct_number,
    "tag:yaml.org,2002:bool": _construct_boolean,
    None: _refuse_tag,
}


def parse(text: str, file: str) -> tuple[Any, tuple[Problem, ...]]:
    """Return the value of a YAML text and what is wrong with it (a value of None when it cannot be read at all)."""
    if len(text) > MAX_BYTES:
        return None, (_too_large(file),)
    try:
        loader = _Loader(text)
        loader.duplicates = []
        try:
            root = _compose(loader, text)
            value = None if root is None else loader.construct_document(root)
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        return None, (Problem(file, mark.line + 1 if mark else 0, "", f"not readable as YAML: {reason}"),)
    return value, tuple(
        Problem(file, line, "", f"the key {key!r} stands twice", expected="each key once")
        for key, line in loader.duplicates
    )


def read(path: Path, file: str) -> tuple[Any, tuple[Problem, ...]]:
    """Like `parse`, for a file; `file` is the name used in problems."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None, (_too_large(file),)
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return None, (Problem(file, 0, "", f"cannot be read: {error}"),)
    return parse(text, file)


def lines(path: Path) -> dict[str, int]:
    """Return the line, from 1, of every JSON pointer of a YAML file. Used only to report problems."""
    return {pointer: line for pointer, (line, _) in places(path).items()}


def places(path: Path) -> dict[str, tuple[int, int]]:
    """Return line and column, from 1, of every JSON pointer of a YAML file: of its key, or of the item of a list.

    Empty for a file that cannot be read.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            return {}
        text = path.read_text("utf-8", "replace")
        loader = _Loader(text)
        try:
            root = _compose(loader, text)
        finally:
            loader.dispose()
    except (OSError, yaml.YAMLError):
        return {}
    found: dict[str, tuple[int, int]] = {}
    pending: list[tuple[str, Any]] = [("", root)] if root is not None else []
    while pending:
        pointer, node = pending.pop()
        found.setdefault(pointer, _place(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                child = join(pointer, str(key.value))
                found[child] = _place(key)
                pending.append((child, value))
        elif isinstance(node, yaml.SequenceNode):
            pending.extend((join(pointer, str(index)), value) for index, value in enumerate(node.value))
    return found


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _too_large(file: str) -> Problem:
    return Problem(file, 0, "", "is too large", f"at most {MAX_BYTES // 1_000_000} MB")


def _compose(loader: _Loader, text: str) -> yaml.Node | None:
    root = loader.get_single_node()
    if isinstance(root, yaml.CollectionNode) and "*" in text:
        _check_aliases(root)
    return root


def _check_aliases(root: yaml.CollectionNode) -> None:
    """Refuse what grows without end when its aliases are written out. An alias is its anchor's node once more."""
    sizes: dict[int, tuple[int, int]] = {}  # by node: characters and depth, (-1, 0) while it is being measured

    def measure(node: yaml.CollectionNode) -> tuple[int, int]:
        known = sizes.get(id(node))
        if known is not None:
            if known[0] < 0:
                raise _refusal(node, "holds an alias of itself: write it out")
            return known
        sizes[id(node)] = (-1, 0)
        size, depth = 1, 1
        for part in node.value if isinstance(node, yaml.SequenceNode) else chain.from_iterable(node.value):
            if isinstance(part, yaml.ScalarNode):
                size += 1 + len(part.value)
            else:
                inner, below = measure(part)
                size += inner
                depth = max(depth, 1 + below)
        if size > MAX_BYTES or depth > MAX_DEPTH:
            reason = f"its aliases stand for over {MAX_BYTES} characters or {MAX_DEPTH} levels: write it out"
            raise _refusal(node, reason)
        sizes[id(node)] = (size, depth)
        return size, depth

    measure(root)
