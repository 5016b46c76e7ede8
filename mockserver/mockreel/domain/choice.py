"""Which scenario a request asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockreel.domain.document import Lazy
from mockreel.domain.faults.kind import near_misses
from mockreel.domain.gate import Call, malformed
from mockreel.domain.refusal import Refusal
from mockreel.domain.scenario import Scenario
from mockreel.domain.settings import Settings
from mockreel_contracts import Contract, Phase, Violation

_MARKER = re.compile(r"\[\[mock:([A-Za-z0-9_.-]{1,64})\]\]")


def scenario_of(
    contract: Contract, settings: Settings, call: Call, values: Lazy, chosen: Mapping[str | None, str]
) -> Scenario | None:
    """Return the scenario of a submit: by header, else by a marker in its prompt, else what is `chosen` for its API key
    or for all (None), else None.

    Raises Refusal for a name that is an ErrorCase of calls, and for one that is not known.
    """
    name = (chosen.get(call.key) or chosen.get(None)) if chosen else None
    if not settings.markers:
        return _named(contract, settings, call, name, "the mock") if name is not None else None
    header = call.request.headers.get(b"x-mock-scenario")
    if header is not None and header.strip():
        return _named(contract, settings, call, header.decode("latin-1").strip(), "X-Mock-Scenario")
    prompt = values.get("prompt")
    marker = _MARKER.search(prompt) if isinstance(prompt, str) and "[[mock:" in prompt else None
    if marker is not None:
        return _named(contract, settings, call, marker[1], "the prompt")
    return _named(contract, settings, call, name, "the mock") if name is not None else None


def _named(contract: Contract, settings: Settings, call: Call, name: str, where: str) -> Scenario:
    scenario = settings.scenarios.get(name)
    if scenario is not None:
        return scenario
    case = contract.find_error(name)
    if case is None:
        known = {**settings.scenarios, **contract.errors}
        text = f"{where} asks for a scenario: the mock {near_misses('scenario', name, known)}"
        raise malformed(contract, call.operation, Violation("", "scenario", "unknown_scenario", text))
    if "task" not in case.stages:
        raise Refusal(case, f"the scenario asks for {case.id}")
    return Scenario(name, case.message, outcome=Phase.FAILED, error=case.id)
