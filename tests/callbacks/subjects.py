"""The contracts that call back, the made-up one among them, and how a create names its callback URL."""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mockreel_contracts
from mockreel_contracts import Contract, load, providers
from tests import test_made_up_provider as made_up
from tests.calling import first_body

SHIPPED = [name for name in providers() if load(name).callback is not None]
NAMES = [*SHIPPED, "acme"]

STANDARD = "{scheme: standard-webhooks, key: callback_secret, source: us, confidence: documented}"
OVER_BODY = (
    '{scheme: hmac-sha256, key: callback_secret, message: "{timestamp}.{body}", encoding: hex, '
    'headers: {X-Acme-Time: "{timestamp}", X-Acme-Seal: "sha256={signature}"}, source: us, confidence: documented}'
)


@dataclass(frozen=True)
class Subject:
    """A contract that calls back, the body of a create that asks for no callback, and the folder it is from."""

    contract: Contract
    body: Any
    root: Path | None = None

    @property
    def name(self) -> str:
        return self.contract.provider

    def calling(self, url: Any) -> Any:
        """Return the body of a create that asks for callbacks to `url`."""
        body = copy.deepcopy(self.body)
        *path, last = callback_field(self.contract)
        part = body
        for name in path:
            part = part[name]
        part[last] = url
        return body


def callback_field(contract: Contract) -> list[str]:
    """Return the path of the callback URL in the body of a create, as the contract reads it."""
    submit = contract.by_role("submit")[0].id
    source: str = contract.behavior["operations"][submit]["reads"]["callback_url"]
    return source.removeprefix("body.").split(".")


def shipped(name: str, root: Path | None = None) -> Subject:
    contract = load(name, root=root)
    body = copy.deepcopy(first_body(contract))
    *path, last = callback_field(contract)
    part = body
    for step in path:
        part = part[step]
    part.pop(last, None)
    return Subject(contract, body, root)


def acme(root: Path, *, signature: str | None = STANDARD, timeout_s: float = 5, body: str | None = None) -> Subject:
    """Write the made-up provider with callbacks of every state to `root`, and return it.

    The first state is told, too, each state has its own waits, and `body` is the reply that is sent.
    """
    home = root / "acme"
    (home / "models").mkdir(parents=True)
    (home / "models" / "noir.yaml").write_text(made_up.NOIR, "utf-8")
    answers = '      responses: {"200": {description: ok}}\n    get:\n      operationId: reel'
    told = (
        "      callbacks:\n"
        '        told: {"{$request.body#/tell}": {post: {responses: {"200": {description: ok}},'
        " requestBody: {content: {application/json: {schema: {type: object}}}}}}}\n"
    )
    assert answers in made_up.OPENAPI
    (home / "openapi.yaml").write_text(made_up.OPENAPI.replace(answers, told + answers, 1), "utf-8")
    behavior = made_up.BEHAVIOR.replace(
        "reads: {prompt: body.script,", "reads: {callback_url: body.tell, prompt: body.script,"
    )
    reply = body or '{film: =task.id, is: =task.state, reel: "=task.results[0].url", paid: =task.credits}'
    behavior = behavior.replace(
        "replies:\n", f"replies:\n  told: {{body: {reply}, source: us, confidence: documented}}\n", 1
    )
    us = "source: us, confidence: documented"
    section = f"""\
callback:
  events:
    cast: {{reply: told, retries_s: [1], {us}}}
    rolling: {{reply: told, retries_s: [2, 3], {us}}}
    screened: {{reply: told, retries_s: [5, 5, 7, 0.5], {us}}}
    burnt: {{reply: told, {us}}}
    cut: {{reply: told, retries_s: [1], {us}}}
  reads: {{task_id: body.film, state: body.is}}
  timeout_s: {timeout_s}
  source: us
  confidence: documented
"""
    if signature is not None:
        section += f"  signature: {signature}\n"
    (home / "behavior.yaml").write_text(behavior + section, "utf-8")
    return Subject(load("acme", root=root), dict(made_up.SHOOT), root)


def impatient(root: Path, *, timeout_s: float = 0.2) -> Path:
    """Copy the shipped contracts to `root` with callbacks that wait `timeout_s` for an answer; returns `root`."""
    for name in SHIPPED:
        shutil.copytree(Path(mockreel_contracts.__file__).parent / "providers" / name, root / name)
        path = root / name / "behavior.yaml"
        text = path.read_text("utf-8")
        assert text.count("  timeout_s: 15\n") == 1
        path.write_text(text.replace("  timeout_s: 15\n", f"  timeout_s: {timeout_s}\n"), "utf-8")
    return root
