"""From a folder to a contract, or to everything that is wrong with the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mockreel_contracts import bundle, check, pointer, yamlfile
from mockreel_contracts.build import build, model_names
from mockreel_contracts.model import Contract
from mockreel_contracts.problem import ContractError, Problem

SHIPPED = Path(__file__).parent / "providers"
DOCUMENTED = "documented"


@dataclass(frozen=True, slots=True)
class Files:
    """The contract files of one folder as read: names relative to it, and what could not be read."""

    folder: Path
    values: Mapping[str, Any]
    problems: tuple[Problem, ...]

    @property
    def models(self) -> dict[str, Any]:
        """The model files."""
        return {name: value for name, value in self.values.items() if name.startswith("models/")}


def providers(root: Path | None = None) -> tuple[str, ...]:
    """Return the names of the contract folders below `root` (default: the shipped ones), sorted."""
    base = root or SHIPPED
    return tuple(sorted(path.parent.name for path in base.glob("*/behavior.yaml")))


def load(provider: str, *, profile: str = DOCUMENTED, root: Path | None = None) -> Contract:
    """Load the contract of `provider` under `profile`.

    `root` holds one folder per provider; without it the shipped contracts are meant.
    Raises ContractError with every problem, located; warnings do not count.
    """
    base = root or SHIPPED
    if provider not in providers(base):
        known = ", ".join(providers(base)) or "none"
        raise ContractError(
            str(base), (Problem(provider, 0, "", "is not a contract folder", f"one of {known}", provider),)
        )
    contract, problems = examine(read(base / provider), profile=profile)
    if contract is None:
        errors = tuple(problem for problem in problems if problem.severity == "error")
        raise ContractError(str(base / provider), errors)
    return contract


def read(folder: Path) -> Files:
    """Read the files of a contract folder. Broken files are reported, not raised."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for path in (folder / check.BEHAVIOR, folder / bundle.MAIN, *sorted((folder / "models").glob("*.yaml"))):
        name = path.relative_to(folder).as_posix()
        value, found = yamlfile.read(path, name)
        problems.extend(found)
        if value is not None:
            values[name] = value
    return Files(folder, values, tuple(problems))


def examine(files: Files, *, profile: str = DOCUMENTED) -> tuple[Contract | None, tuple[Problem, ...]]:
    """Return the contract of `files`, or None, and everything that is wrong, with the lines."""
    contract, problems = _examine(files, profile)
    return contract, _with_lines(files.folder, problems)


@lru_cache(maxsize=32)
def shipped(provider: str, profile: str = DOCUMENTED) -> Contract:
    """Return a shipped contract, loaded once per process."""
    return load(provider, profile=profile)


def _examine(files: Files, profile: str) -> tuple[Contract | None, list[Problem]]:
    problems = list(files.problems)
    if problems or not {check.BEHAVIOR, bundle.MAIN} <= set(files.values):
        return None, problems
    values, unknown = _patched(files.values, profile)
    if unknown is not None:
        return None, [unknown]
    behavior, models = values[check.BEHAVIOR], {k: v for k, v in values.items() if k.startswith("models/")}
    problems += check.form(behavior, models)
    main, added = _with_every_model(values[bundle.MAIN], behavior, models)
    problems += added
    if not isinstance(main, dict):
        problems.append(Problem(bundle.MAIN, 0, "", "is not an OpenAPI document", "an object", type(main).__name__))
    if _has_errors(problems):
        return None, problems
    openapi, dead = bundle.bundle({**values, bundle.MAIN: main})
    problems += dead
    problems += check.meaning(behavior, openapi, models)
    if _has_errors(problems):
        return None, problems
    try:
        return build(files.folder.name, profile, behavior, openapi, models), problems
    except (ValueError, KeyError) as error:
        return None, [*problems, Problem(bundle.MAIN, 0, "", f"a schema does not compile: {error}")]


def _patched(values: Mapping[str, Any], profile: str) -> tuple[Mapping[str, Any], Problem | None]:
    behavior = values[check.BEHAVIOR]
    profiles = behavior.get("profiles", {}) if isinstance(behavior, dict) else {}
    if profile == DOCUMENTED and DOCUMENTED not in profiles:
        return values, None
    if profile not in profiles:
        known = ", ".join((DOCUMENTED, *profiles))
        return values, Problem(check.BEHAVIOR, 0, "/profiles", "has no such profile", f"one of {known}", profile)
    patches = profiles[profile].get("patches", {})
    for file in patches:
        if file not in values:
            at = pointer.join("/profiles", profile, "patches", file)
            return values, Problem(check.BEHAVIOR, 0, at, "patches a file that is not there", ", ".join(values), file)
    return {name: pointer.merge(value, patches.get(name, {})) for name, value in values.items()}, None


def _with_every_model(main: Any, behavior: Any, models: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    """Add model files that openapi.yaml does not list to the submit operation, so that one new file is enough."""
    try:
        submits = [name for name, spec in behavior["operations"].items() if spec["role"] == "submit"]
        _, path, _, operation = check.operations_of(main)[submits[0]]
        method = next(key for key, value in main["paths"][path].items() if value is operation)
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        discriminator = schema["discriminator"]["propertyName"]
        listed = {entry.get("$ref") for entry in schema["oneOf"]}
    except (KeyError, IndexError, TypeError, AttributeError):
        return main, _stray(models)
    at = pointer.join("/paths", path, method, "requestBody", "content", "application/json", "schema")
    problems = []
    names: dict[str, str] = {}
    for file, data in models.items():
        found = model_names(data, discriminator) if isinstance(data, dict) else []
        if not found:
            where = pointer.join("/properties", discriminator)
            problems.append(Problem(file, 0, where, "names no model", f"properties.{discriminator}.const or .enum"))
        for name in found:
            if name in names:
                problems.append(
                    Problem(file, 0, "", f"names the model {name!r}, as {names[name]} does", "one file each")
                )
            names[name] = file
        if file not in listed:
            text = f"does not list {file}; it is served, but other tools will not see it"
            problems.append(Problem(bundle.MAIN, 0, f"{at}/oneOf", text, f"$ref: {file}", severity="warning"))
    mapping = {**schema["discriminator"].get("mapping", {}), **names}
    whole = {
        **schema,
        "oneOf": [*schema["oneOf"], *({"$ref": file} for file in models if file not in listed)],
        "discriminator": {**schema["discriminator"], "mapping": mapping},
    }
    return _replaced(main, pointer.split(at), whole), problems


def _stray(models: Mapping[str, Any]) -> list[Problem]:
    text = "is not reached: the submit operation's request has no oneOf with a discriminator"
    return [Problem(file, 0, "", text, severity="warning") for file in models]


def _replaced(value: Any, path: list[str], new: Any) -> Any:
    return {**value, path[0]: _replaced(value[path[0]], path[1:], new)} if path else new


def _has_errors(problems: list[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _with_lines(folder: Path, problems: list[Problem]) -> tuple[Problem, ...]:
    tables: dict[str, dict[str, int]] = {}
    result = []
    for problem in problems:
        if problem.file not in tables:
            path = folder / problem.file
            tables[problem.file] = yamlfile.lines(path.read_text("utf-8", "replace")) if path.is_file() else {}
        at, line = problem.pointer, problem.line
        while not line and tables[problem.file]:
            line = tables[problem.file].get(at, 0)
            if not at:
                break
            at = at.rpartition("/")[0]
        result.append(replace(problem, line=line))
    return tuple(sorted(set(result)))
