"""From a folder to a contract, or to everything that is wrong with the folder."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mockreel_contracts import bundle, check, form, pointer, yamlfile
from mockreel_contracts.build import build, model_names
from mockreel_contracts.model import Contract
from mockreel_contracts.problem import ContractError, Problem

SHIPPED = Path(__file__).parent / "providers"
DOCUMENTED = "documented"
_NO_PROFILE = "has no such profile"


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


class _UnknownNameError(ContractError):
    """A provider or a profile that there is none of: said in a line, without the folder, which is not at fault."""

    def __init__(self, folder: Path, problem: Problem, text: str) -> None:
        super().__init__(str(folder), (problem,))
        self.args = (text,)


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
        known = ", ".join(providers(base))
        problem = Problem(provider, 0, "", "is not a contract folder", f"one of {known or 'none'}", provider)
        raise _UnknownNameError(base, problem, f"no provider {provider!r}; there are {known or f'none in {base}'}")
    contract, problems = examine(read(base / provider), profile=profile)
    if contract is None:
        errors = tuple(problem for problem in problems if problem.severity == "error")
        if [problem.message for problem in errors] == [_NO_PROFILE]:
            known = errors[0].expected.removeprefix("one of ")
            text = f"no profile {profile!r} of {provider}; there are {known}"
            raise _UnknownNameError(base / provider, errors[0], text)
        raise ContractError(str(base / provider), errors)
    return contract


def read(folder: Path) -> Files:
    """Read the files of a contract folder. Broken files are reported, not raised."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for path in (folder / form.BEHAVIOR, folder / bundle.MAIN, *sorted((folder / "models").glob("*.yaml"))):
        name = path.relative_to(folder).as_posix()
        value, found = yamlfile.read(path, name)
        problems.extend(found)
        if value is not None:
            values[name] = value
        elif not found:
            problems.append(Problem(name, 0, "", "is empty"))
    return Files(folder, values, tuple(problems))


def examine(files: Files, *, profile: str = DOCUMENTED) -> tuple[Contract | None, tuple[Problem, ...]]:
    """Return the contract of `files`, or None, and everything that is wrong, with the lines."""
    problems = list(files.problems)
    try:
        contract = _examine(files, profile, problems)
    except Exception as error:  # the last resort: a folder is reported on, whatever it holds
        contract = None
        reason = f"cannot be checked: {type(error).__name__}: {str(error)[:300]}"
        problems.append(Problem(form.BEHAVIOR, 0, "", reason))
    return contract, with_lines(files.folder, problems)


def values_under(files: Files, profile: str) -> Mapping[str, Any]:
    """Return the values of a checked folder under `profile`, with every model in the submit operation."""
    values, _, _ = _patched(files.values, profile)
    models = {name: value for name, value in values.items() if name.startswith("models/")}
    main, _ = _with_every_model(values[bundle.MAIN], values[form.BEHAVIOR], models)
    return {**values, bundle.MAIN: main}


def _examine(files: Files, profile: str, problems: list[Problem]) -> Contract | None:
    """Return the contract, or None; everything wrong is added to `problems`."""
    problems += form.problems(files.values)
    if _has_errors(problems):
        return None
    values, changed, unknown = _patched(files.values, profile)
    problems += [*unknown, *form.problems({file: values[file] for file in changed})]
    if _has_errors(problems):
        return None
    behavior, models = values[form.BEHAVIOR], {k: v for k, v in values.items() if k.startswith("models/")}
    main, found = _with_every_model(values[bundle.MAIN], behavior, models)
    openapi, dead = bundle.bundle({**values, bundle.MAIN: main})
    problems += [*found, *dead, *check.meaning(behavior, openapi, models), *check.decisions(files.values)]
    if _has_errors(problems):
        return None
    try:
        return build(files.folder.name, profile, behavior, openapi, models)
    except (ValueError, KeyError) as error:
        problems.append(Problem(bundle.MAIN, 0, "", f"a schema does not compile: {error}"))
        return None


def _patched(values: Mapping[str, Any], profile: str) -> tuple[Mapping[str, Any], list[str], list[Problem]]:
    """Return the values under `profile`, the names of the files it changes, and what is wrong with it."""
    profiles = values[form.BEHAVIOR].get("profiles", {})
    if profile == DOCUMENTED and DOCUMENTED not in profiles:
        return values, [], []
    if profile not in profiles:
        known = ", ".join((DOCUMENTED, *profiles))
        unknown = Problem(form.BEHAVIOR, 0, "/profiles", _NO_PROFILE, f"one of {known}", profile)
        return values, [], [unknown]
    patches = profiles[profile]["patches"]
    at = pointer.join("/profiles", profile, "patches")
    stray = [
        Problem(form.BEHAVIOR, 0, pointer.join(at, file), "patches a file that is not there", ", ".join(values), file)
        for file in patches
        if file not in values
    ]
    changed = [file for file in patches if file in values]
    return {**values, **{file: pointer.merge(values[file], patches[file]) for file in changed}}, changed, stray


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
        found = model_names(data, discriminator)
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
    written = schema["discriminator"].get("mapping", {})
    for name, reference in written.items():
        if name in names and posixpath.normpath(reference) != names[name]:
            where = pointer.join(at, "discriminator", "mapping", name)
            problems.append(
                Problem(bundle.MAIN, 0, where, "is not the file that names this model", names[name], reference)
            )
    whole = {
        **schema,
        "oneOf": [*schema["oneOf"], *({"$ref": file} for file in models if file not in listed)],
        "discriminator": {**schema["discriminator"], "mapping": {**written, **names}},
    }
    return _replaced(main, pointer.split(at), whole), problems


def _stray(models: Mapping[str, Any]) -> list[Problem]:
    text = "is not reached: the submit operation's request has no oneOf with a discriminator"
    return [Problem(file, 0, "", text, severity="warning") for file in models]


def _replaced(value: Any, path: list[str], new: Any) -> Any:
    return {**value, path[0]: _replaced(value[path[0]], path[1:], new)} if path else new


def _has_errors(problems: list[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def with_lines(folder: Path, problems: list[Problem]) -> tuple[Problem, ...]:
    """Return problems sorted, each with the line of its pointer, or of the nearest above it."""
    tables: dict[str, dict[str, int]] = {}
    result = []
    for problem in problems:
        if problem.file not in tables:
            path = folder / problem.file
            tables[problem.file] = yamlfile.lines(path) if path.is_file() else {}
        at, line = problem.pointer, problem.line
        while not line and tables[problem.file]:
            line = tables[problem.file].get(at, 0)
            if not at:
                break
            at = at.rpartition("/")[0]
        result.append(replace(problem, line=line))
    return tuple(sorted(set(result)))
