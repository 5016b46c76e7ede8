"""From a test's marker and the project's settings to its mock."""

from __future__ import annotations

import inspect
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mockreel import MockProvider
from mockreel_contracts import ContractError
from mockreel_contracts.near import near
from mockreel_pytest.strictness import CHECKS

_OWN = ("provider", "strict", "hosts")
_FOLDERS = ("contracts", "scenarios", "faults")
_SETTINGS = (*_OWN, *(name for name in inspect.signature(MockProvider).parameters if name != "providers"))
_TOML: pytest.StashKey[dict[str, Any]] = pytest.StashKey()

Cost = dict[str, tuple[int, float, float]]


@dataclass(frozen=True, slots=True)
class MockServer:
    """A mock on a socket of this machine."""

    mock: MockProvider
    url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The mock that a test asks for, what is checked at its end, and the further hosts it answers for."""

    mock: MockProvider
    strict: frozenset[str]
    hosts: tuple[str, ...]


def asked_by(request: pytest.FixtureRequest) -> Asked:
    """Return what a test asks for.

    What is said nearer to the test counts more: function, class, module, pyproject.toml. Raises pytest.UsageError.
    """
    settings = _project(request.config)
    for marker in reversed(list(request.node.iter_markers("mockreel"))):
        said = _checked(dict(marker.kwargs), f"the marker of {request.node.nodeid}")
        if marker.args and "provider" in said:
            raise pytest.UsageError(
                f"mockreel: the marker of {request.node.nodeid} names providers twice: {marker.args!r} and provider="
            )
        if marker.args:
            said["provider"] = marker.args[0] if len(marker.args) == 1 else marker.args
        settings = {**settings, **said}
    seed = request.config.getoption("--mockreel-seed")
    if seed is not None:
        settings.setdefault("seed", seed)
    providers = _texts("provider", settings.pop("provider", ()))
    hosts = _texts("hosts", settings.pop("hosts", ()))
    strict = _strict(settings.pop("strict", True))
    try:
        mock = MockProvider(*providers, **settings)
    except (TypeError, ValueError, ContractError) as error:
        raise pytest.UsageError(f"mockreel: {error}") from None
    return Asked(mock, strict, hosts)


def cost_of(mock: MockProvider) -> Cost:
    """Return tasks, credits and US dollars by provider."""
    mock.engine.settle()
    found: Cost = {}
    for name, service in mock.engine.services.items():
        accounts = [sandbox.account for sandbox in service.sandboxes.values()]
        credits = sum(float(account.charged - account.refunded) for account in accounts)
        if service.tasks:
            found[name] = (len(service.tasks), credits, credits * float(service.contract.credits.usd or 0))
    return found


def _project(config: pytest.Config) -> dict[str, Any]:
    """Return the settings of pyproject.toml; folders in it are relative to it."""
    if _TOML not in config.stash:
        path = config.rootpath / "pyproject.toml"
        said: dict[str, Any] = {}
        if path.is_file():
            try:
                said = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("mockreel", {})
            except tomllib.TOMLDecodeError as error:
                raise pytest.UsageError(f"mockreel: {path}: {error}") from None
        if not isinstance(said, dict):
            raise pytest.UsageError(f"mockreel: {path}: [tool.mockreel] is a table, got {said!r:.60}")
        said = _checked(dict(said), f"[tool.mockreel] of {path}")
        said.update({name: Path(config.rootpath, said[name]) for name in _FOLDERS if name in said})
        config.stash[_TOML] = said
    found: dict[str, Any] = config.stash[_TOML]
    return dict(found)


def _checked(settings: dict[str, Any], where: str) -> dict[str, Any]:
    for name in settings:
        if name not in _SETTINGS:
            like = near(name, _SETTINGS, most=1)
            hint = f"did you mean {like[0]}?" if like else f"there are {', '.join(_SETTINGS)}"
            raise pytest.UsageError(f"mockreel: {where} has the unknown setting {name!r}; {hint}")
    return settings


def _texts(name: str, value: Any) -> tuple[str, ...]:
    values = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(text, str) for text in values):
        raise pytest.UsageError(f"mockreel: {name} is a text or a list of texts, got {value!r}")
    return values


def _strict(value: Any) -> frozenset[str]:
    if isinstance(value, bool):
        return frozenset(CHECKS) if value else frozenset()
    chosen = frozenset(_texts("strict", value))
    unknown = chosen - CHECKS.keys()
    if unknown:
        raise pytest.UsageError(
            f"mockreel: strict is true, false or some of {', '.join(CHECKS)}; got {', '.join(sorted(unknown))}"
        )
    return chosen
