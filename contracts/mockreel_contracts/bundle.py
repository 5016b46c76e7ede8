"""One OpenAPI document out of many files."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from mockreel_contracts import pointer
from mockreel_contracts.problem import Problem

MAIN = "openapi.yaml"


def bundle(files: Mapping[str, Any], main: str = MAIN) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Return `files[main]` with every file it refers to placed under components/schemas, and the dead references.

    `files` maps names relative to the contract's folder ("openapi.yaml", "models/x.yaml") to their values.
    A file is placed under its stem; `x-mockreel` is left out.
    """
    found: list[Problem] = []
    placed: dict[str, str] = {}

    def target(reference: str, file: str, at: str) -> str:
        name, _, fragment = reference.partition("#")
        other = posixpath.normpath(posixpath.join(posixpath.dirname(file), name)) if name else file
        if other not in files:
            found.append(Problem(file, 0, at, f"refers to {reference!r}, which is not a file of this contract"))
            return reference
        try:
            pointer.get(files[other], fragment)
        except (KeyError, ValueError):
            found.append(Problem(file, 0, at, f"refers to {reference!r}, and there is nothing at that pointer"))
        if other == main:
            return f"#{fragment}"
        stem = posixpath.basename(other).rsplit(".", 1)[0]
        placed.setdefault(other, stem)
        return f"#/components/schemas/{stem}{fragment}"

    def rewrite(value: Any, file: str, at: str) -> Any:
        if isinstance(value, list):
            return [rewrite(item, file, pointer.join(at, str(i))) for i, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        result: dict[str, Any] = {}
        for key, item in value.items():
            where = pointer.join(at, key)
            if key == "$ref" and isinstance(item, str):
                result[key] = target(item, file, where)
            elif key == "mapping" and at.endswith("/discriminator") and isinstance(item, dict):
                result[key] = {name: target(str(ref), file, pointer.join(where, name)) for name, ref in item.items()}
            elif key not in ("x-mockreel", "$schema"):
                result[key] = rewrite(item, file, where)
        return result

    document = rewrite(files[main], main, "")
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    done: set[str] = set()
    while waiting := [file for file in placed if file not in done]:
        for file in waiting:
            done.add(file)
            if placed[file] in schemas:
                found.append(Problem(file, 0, "", f"components/schemas of {main} has {placed[file]!r} already"))
            schemas[placed[file]] = rewrite(files[file], file, "")
    return document, tuple(found)
