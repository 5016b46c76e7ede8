"""From what a user names to what is compared. Everything that is wrong with it is raised at once, located."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mockreel_contracts import bundle, form, loader, pointer, yamlfile
from mockreel_contracts.diff.shape import METHODS
from mockreel_contracts.diff.side import Side
from mockreel_contracts.problem import ContractError, Problem

MAX_FILES = 1000  # that one document may refer to
_VALUES = ("example", "examples", "default", "const", "enum")  # hold values, in which $ref is a name like any other


def sides(name: str, *, profile: str = loader.DOCUMENTED, shipped: Path = loader.SHIPPED) -> dict[str, Side]:
    """Return the contracts that `name` stands for: by provider for a folder of them, else one, under the name "".

    `name` is the name of a shipped provider, a contract folder, a folder of such folders, or an OpenAPI 3 document.
    Raises ContractError with every problem, located.
    """
    path = Path(name)
    if os.sep not in name and name in loader.providers(shipped):
        return {"": folder(shipped / name, profile=profile)}
    if path.is_dir():
        if any((path / file).exists() for file in (form.BEHAVIOR, bundle.MAIN)):
            return {"": folder(path, profile=profile)}
        found = loader.providers(path)
        if not found:
            raise _refused(name, f"holds no {form.BEHAVIOR}, nor does any folder in it", "a contract folder")
        return {provider: folder(path / provider, profile=profile) for provider in found}
    if not path.exists():
        known = ", ".join(loader.providers(shipped))
        raise _refused(name, "is not there", f"a folder, an OpenAPI document or a shipped provider ({known})")
    return {"": document(path)}


def folder(path: Path, *, profile: str = loader.DOCUMENTED) -> Side:
    """Read a contract folder under a profile."""
    files = loader.read(path)
    contract, problems = loader.examine(files, profile=profile)
    if contract is None:
        raise ContractError(str(path), tuple(p for p in problems if p.severity == "error"))
    values = loader.values_under(files, profile)
    found = {name: path / name for name in values}
    return Side(path.resolve().name, bundle.MAIN, values, found, contract, profile)


def document(path: Path) -> Side:
    """Read an OpenAPI 3 document, YAML or JSON, and the files beside it that it refers to."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    pending = [path.name]
    asked: list[tuple[str, str, str]] = []
    while pending:
        name = pending.pop()
        if name in values:
            continue
        if len(values) >= MAX_FILES:
            problems.append(Problem(path.name, 0, "", f"refers to more than {MAX_FILES} files"))
            break
        values[name], found = _read(path.parent / name, name)
        problems += found
        for at, reference in _references(values[name]):
            asked.append((name, at, reference))
            file = reference.partition("#")[0]
            other = posixpath.normpath(posixpath.join(posixpath.dirname(name), file)) if file else name
            if "://" not in reference and (path.parent / other).is_file():
                pending.append(other)
    if not problems:
        problems += _form(values[path.name], path.name)
    side = Side(path.name, path.name, values, {name: path.parent / name for name in values})
    if not problems:
        for name, at, reference in asked:
            if "://" in reference:
                text = f"refers to {reference!r}, which is not a file on this machine"
                problems.append(Problem(name, 0, at, text, "a file beside this one"))
            elif side.target(reference, name) is None:
                problems.append(Problem(name, 0, at, f"refers to {reference!r}, and there is nothing"))
    if problems:
        raise ContractError(str(path), loader.with_lines(path.parent, problems))
    return side


def _refused(name: str, reason: str, expected: str) -> ContractError:
    return ContractError(name, (Problem(name, 0, "", reason, expected),))


def _read(path: Path, name: str) -> tuple[Any, tuple[Problem, ...]]:
    """Read JSON as JSON, whose escapes YAML does not know, and everything else as YAML."""
    try:
        if path.stat().st_size <= yamlfile.MAX_BYTES:
            text = path.read_text("utf-8-sig")
            if text.lstrip().startswith("{"):
                return _json(text, name)
            return yamlfile.parse(text, name)
    except (OSError, UnicodeDecodeError) as error:
        return None, (Problem(name, 0, "", f"cannot be read: {error}"),)
    return yamlfile.read(path, name)


def _json(text: str, name: str) -> tuple[Any, tuple[Problem, ...]]:
    doubled: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in items:
            if key in result:
                doubled.append(key)
            result[key] = value
        return result

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not a number that JSON can carry")

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=refuse)
        if _depth(value) > yamlfile.MAX_DEPTH:
            return None, (Problem(name, 0, "", f"is nested deeper than {yamlfile.MAX_DEPTH}"),)
    except json.JSONDecodeError as error:
        value, problems = yamlfile.parse(text, name)  # YAML in braces
        if not problems:
            return value, ()
        return None, (Problem(name, error.lineno, "", f"not readable as JSON: {error.msg}"),)
    except (ValueError, RecursionError) as error:
        reason = f"nested deeper than {yamlfile.MAX_DEPTH}" if isinstance(error, RecursionError) else error
        return None, (Problem(name, 0, "", f"not readable as JSON: {reason}"),)
    return value, tuple(Problem(name, 0, "", f"the key {key!r} stands twice", "each key once") for key in doubled)


def _depth(value: Any) -> int:
    deepest, pending = 0, [(value, 1)]
    while pending:
        item, depth = pending.pop()
        deepest = max(deepest, depth)
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        pending.extend((child, depth + 1) for child in inner)
    return deepest


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (pointer, reference) of every $ref."""
    pending: list[tuple[str, Any, bool]] = [("", value, False)]
    while pending:
        at, item, is_names = pending.pop()
        if isinstance(item, list):
            pending.extend((pointer.join(at, str(i)), child, False) for i, child in enumerate(item))
        elif isinstance(item, dict):
            if isinstance(item.get("$ref"), str) and not is_names:
                yield pointer.join(at, "$ref"), item["$ref"]
            for key, child in item.items():
                if is_names or (key not in _VALUES and not key.startswith("x-")):
                    names = not is_names and key in ("properties", "patternProperties", "schemas")
                    pending.append((pointer.join(at, key), child, names))


def _form(value: Any, name: str) -> list[Problem]:
    """Return where a document is not made as OpenAPI 3 is, as far as the comparison needs it."""
    if not isinstance(value, dict):
        return [Problem(name, 0, "", "is no OpenAPI document", "an object")]
    version = str(value.get("openapi", ""))
    if not version.startswith("3."):
        got = f"Swagger {value['swagger']}" if "swagger" in value else version or "no version"
        return [Problem(name, 0, "/openapi" if version else "", "is no OpenAPI 3 document", "openapi: 3.x", got)]
    problems = []
    for at, item, kind in _parts(value):
        if not isinstance(item, kind):
            expected = "an object" if kind is dict else "a list"
            problems.append(Problem(name, 0, at, "is not made as in OpenAPI", expected, type(item).__name__))
    return problems


def _parts(document: dict[str, Any]) -> Iterator[tuple[str, Any, type]]:
    """Yield (pointer, value, the type that it should have)."""
    for key, kind in (("info", dict), ("paths", dict), ("components", dict), ("webhooks", dict), ("servers", list)):
        if key in document:
            yield f"/{key}", document[key], kind
    for path, item in _items(document.get("paths")):
        at = pointer.join("/paths", path)
        yield at, item, dict
        yield from ((f"{at}/parameters", p, list) for k, p in _items(item) if k == "parameters")
        for method, operation in _items(item):
            if method not in METHODS:
                continue
            yield f"{at}/{method}", operation, dict
            for key, part in _items(operation):
                if key in ("requestBody", "responses", "callbacks"):
                    yield f"{at}/{method}/{key}", part, dict
                elif key in ("parameters", "security"):
                    yield f"{at}/{method}/{key}", part, list


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []
