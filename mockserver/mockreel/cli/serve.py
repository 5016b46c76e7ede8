"""`mockreel serve`."""

from __future__ import annotations

import argparse
import json
import logging
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from mockreel.cli import FINDINGS, GOOD, USAGE
from mockreel.domain.callbacks.callback import Status
from mockreel.domain.routing import RouteConflictError
from mockreel.domain.scenario import Pace
from mockreel.domain.settings import DEFAULT_SECRET
from mockreel.provider import LOOPBACK, MockProvider
from mockreel_contracts import ContractError
from mockreel_contracts.callback_urls import without_callback
from mockreel_contracts.examples import examples_of, samples

OFF = "none"
SET_BY_CAPSULE = {
    "provider": None,
    "seed": None,
    "speed": 10.0,
    "clock": "real",
    "pace": "time",
    "looks": 1,
    "profile": "documented",
    "errors": None,
    "scenario": None,
    "credits": "10000",
    "limits": False,
}
"""The options that a capsule takes the place of, with their defaults."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    try:
        from mockreel.server import run as shell
    except ImportError as error:
        return _fail(f"serving needs more packages ({error.name} is missing): pip install 'mockreel[server]'", USAGE)
    seed = arguments.seed if arguments.seed is not None else secrets.randbelow(1_000_000)
    token = None if arguments.host in LOOPBACK else secrets.token_urlsafe(18)
    try:
        mock = _mock(arguments, seed, token)
        sock = shell.bind(arguments.host, arguments.port)
    except ContractError as error:
        is_usage = any(problem.pointer in ("", "/profiles") for problem in error.problems)
        return _fail(str(error), USAGE if is_usage else FINDINGS)
    except (ValueError, RouteConflictError, OSError) as error:
        return _fail(str(error), USAGE)
    url = shell.url_of(sock)
    try:
        banner = "" if arguments.json else _banner(mock, url, arguments, token)
    except ContractError as error:
        return _fail(str(error), FINDINGS)

    def ready() -> None:
        if arguments.json:
            print(
                json.dumps(
                    {
                        "url": url,
                        "seed": mock.engine.settings.seed,
                        "providers": list(mock.engine.services),
                        "token": token,
                        "callback_secret": mock.engine.settings.callback_secret,
                    }
                ),
                flush=True,
            )
        else:
            print(banner, flush=True)

    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        shell.serve(mock.app, sock, on_ready=ready)
    finally:
        _tell_missed(mock)
        mock.close()
    return GOOD


def _mock(arguments: argparse.Namespace, seed: int, token: str | None) -> MockProvider:
    """Return the mock that is asked for. Raises ContractError and ValueError."""
    contracts = Path(arguments.contracts) if arguments.contracts else None
    hosts = arguments.allow_host or ()
    secret = arguments.callback_secret if arguments.callback_secret != OFF else None
    if arguments.capsule is not None:
        own: dict[str, Any] = {"contracts": contracts, "scenarios": arguments.scenarios, "faults": arguments.faults}
        given = [name for name, default in SET_BY_CAPSULE.items() if getattr(arguments, name) != default]
        if given:
            names = ", ".join(f"--{name}" for name in given)
            raise ValueError(f"the capsule says how the run is set up; leave {names} out")
        if secret != DEFAULT_SECRET:
            own["callback_secret"] = secret
        return MockProvider.from_capsule(arguments.capsule, **own, allow_hosts=hosts, token=token)
    return MockProvider(
        *(arguments.provider or ()),
        seed=seed,
        clock=arguments.clock,
        pace=arguments.pace,
        looks=arguments.looks,
        speed=arguments.speed if arguments.clock == "real" else 1.0,
        profile=arguments.profile,
        credits=arguments.credits,
        limits=arguments.limits,
        errors=arguments.errors,
        scenario=arguments.scenario,
        scenarios=arguments.scenarios,
        faults=arguments.faults,
        contracts=contracts,
        callback_secret=secret,
        allow_hosts=hosts,
        token=token,
    )


def _tell_missed(mock: MockProvider) -> None:
    """Say at the end which callbacks have not been delivered."""
    missed = [callback for callback in mock.callbacks if callback.status in (Status.UNDELIVERED, Status.REFUSED)]
    under_way = [callback for callback in mock.callbacks if callback.status in (Status.SENDING, Status.RETRYING)]
    if missed:
        print(f"mockreel serve: {len(missed)} callbacks were not delivered; the last: {missed[-1]}", file=sys.stderr)
    if under_way:
        print(f"mockreel serve: {len(under_way)} callbacks were still on their way", file=sys.stderr)


def _banner(mock: MockProvider, url: str, arguments: argparse.Namespace, token: str | None) -> str:
    settings = mock.engine.settings
    if settings.pace is Pace.INSTANT:
        pace = "tasks are done at once"
    elif settings.pace is Pace.POLLS:
        pace = f"every {settings.looks} looks move a task on"
    elif mock.clock.is_manual:
        pace = "time stands still until POST /_mock/clock/advance"
    else:
        pace = f"durations of the contracts divided by {settings.speed:g} (--speed 1 for real ones)"
    url = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    lines = [f"Mockreel serves on {url}", f"  seed {settings.seed}; {pace}"]
    secret = settings.callback_secret
    lines.append("  callbacks are " + (f"signed with the secret {secret}" if secret else "not signed with a secret"))
    lines.append(f"  control API and its docs: {url}/_mock/docs")
    if token is not None:
        lines.append(f"  listening beyond this machine; the control API asks for: Authorization: Bearer {token}")
    lines.append("")
    for name, service in mock.engine.services.items():
        contract = service.contract
        lines.append(
            f"{contract.title} ({name}, profile {contract.profile}): base URL {url} instead of {contract.base_url}"
        )
        found = samples(contract, examples_of(name, root=Path(arguments.contracts) if arguments.contracts else None))
        for _, example in found[:1]:
            body = without_callback(contract.operations[example.operation], contract, example.body)
            lines.append(f"  {replace(example, body=body).curl(url, contract.auth.schemes[0].capitalize())}")
        if len(contract.models) > 1:
            lines.append(f"  all {len(contract.models)} models: mockreel contracts show {name}")
        lines.append("")
    lines.append(f"The same again: mockreel serve --capsule {mock.capsule}")
    lines.append(
        "Errors on demand: API key mock-402; [[mock:generation_failed]], [[mock:stuck]] in a prompt. Ctrl-C stops."
    )
    return "\n".join(lines)


def _fail(text: str, code: int) -> int:
    print(f"mockreel serve: {text}", file=sys.stderr)
    return code
