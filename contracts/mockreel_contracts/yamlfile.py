"""YAML, read safely: only `true` and `false` are booleans, dates stay text, and a key may stand only once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from mockreel_contracts.pointer import join
from mockreel_contracts.problem import Problem

try:
    from yaml import CSafeLoader as _Base
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Base  # type: ignore[assignment]


class _Loader(_Base):
    duplicates: list[tuple[str, int]]


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    result: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):  # an HTTP status or a code written without quotes
            key = str(key_node.value)
        if key in result:
            loader.duplicates.append((key, key_node.start_mark.line + 1))
        result[key] = loader.construct_object(value_node, deep=True)
    return result


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
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def parse(text: str, file: str) -> tuple[Any, tuple[Problem, ...]]:
    """Return the value of a YAML text and what is wrong with it (a value of None when it cannot be read at all)."""
    loader = _Loader(text)
    loader.duplicates = []
    try:
        value = loader.get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        return None, (Problem(file, mark.line + 1 if mark else 0, "", f"not readable as YAML: {reason}"),)
    finally:
        loader.dispose()
    return value, tuple(
        Problem(file, line, "", f"the key {key!r} stands twice", expected="each key once")
        for key, line in loader.duplicates
    )


def read(path: Path, file: str) -> tuple[Any, tuple[Problem, ...]]:
    """Like `parse`, for a file; `file` is the name used in problems."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return None, (Problem(file, 0, "", f"cannot be read: {error}"),)
    return parse(text, file)


def lines(text: str) -> dict[str, int]:
    """Return the line, from 1, of every JSON pointer of a YAML text. Used only to report problems."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return {}
    found: dict[str, int] = {}
    pending: list[tuple[str, Any]] = [("", root)] if root is not None else []
    while pending:
        pointer, node = pending.pop()
        found.setdefault(pointer, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                child = join(pointer, str(key.value))
                found[child] = key.start_mark.line + 1
                pending.append((child, value))
        elif isinstance(node, yaml.SequenceNode):
            pending.extend((join(pointer, str(index)), value) for index, value in enumerate(node.value))
    return found
