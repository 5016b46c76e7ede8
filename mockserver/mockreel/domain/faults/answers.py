"""What a fault makes of an answer that is ready."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import orjson

from mockreel.domain.document import Lazy
from mockreel.domain.faults.effects import AnswerEffects
from mockreel.domain.messages import Answer
from mockreel_contracts import Operation

MOST_DELAY_S = 3600
BODILESS = (204, 304)  # HTTP has no body in such an answer
GARBLED = '{"broken": ["http'


def delay_ms(effects: AnswerEffects, chance: float) -> int:
    """Return how long the answer is held back; `chance` (0 to 1) places it within what the fault allows."""
    seconds = effects.delay_s
    if effects.delay_to_s > seconds:
        seconds += (effects.delay_to_s - seconds) * chance
    elif effects.delay_sigma:
        seconds *= math.exp(NormalDist(0, effects.delay_sigma).inv_cdf(min(max(chance, 1e-6), 1 - 1e-6)))
    return round(min(seconds, MOST_DELAY_S) * 1000)


def speak(document: Lazy, effects: AnswerEffects) -> None:
    """Tell of a task in other words, before its answer is made."""
    if effects.spoken is not None:
        document["state"] = effects.spoken
    elif effects.neutral:
        document["state"] = document.get("phase")
    if effects.capitals:
        document["state"] = str(document.get("state")).upper()
    if effects.progress is not None:
        document["progress"] = effects.progress


def twist(answer: Answer, effects: AnswerEffects, operation: Operation) -> Answer:
    """Return the answer as the fault leaves it. A file is replaced by another body, or stays (see ResultEffects)."""
    if answer.asset is not None and effects.text is None:
        return answer
    body = answer.body
    if body[:1] in (b"{", b"[") and (
        effects.drop or effects.null or effects.retype or effects.garble or effects.add or effects.wrap
    ):
        body = orjson.dumps(_edited(orjson.loads(body), effects, operation))
    if effects.text is not None:
        body = effects.text.encode()
    if effects.keep < 1:
        body = body[: int(len(body) * effects.keep)]
    headers = answer.headers
    if effects.media_type is not None:
        headers = tuple(pair for pair in headers if pair[0] != b"content-type")
        headers = ((b"content-type", effects.media_type.encode("latin-1", "replace")), *headers)
    status = effects.status or answer.status
    body = b"" if status in BODILESS else body
    return replace(answer, status=status, body=body, headers=headers, asset=None)


def _edited(body: Any, effects: AnswerEffects, operation: Operation) -> Any:
    for names, change in (
        (effects.drop, None),
        (effects.null, lambda _value: None),
        (effects.retype, _retyped),
        (effects.garble, lambda value: GARBLED if value else value),
    ):
        for name in names:
            _change(body, operation.places.get(name, ()), change)
    if isinstance(body, dict):
        body.update(effects.add)
    return {effects.wrap: body} if effects.wrap else body


def _change(body: Any, path: tuple[str, ...], change: Callable[[Any], Any] | None) -> None:
    """Change what stands at a path, or with None take it away; what is not there stays so."""
    for key in path[:-1]:
        body = body.get(key) if isinstance(body, dict) else None
    if not path or not isinstance(body, dict) or path[-1] not in body:
        return
    if change is None:
        del body[path[-1]]
    else:
        body[path[-1]] = change(body[path[-1]])


def _retyped(value: Any) -> Any:
    """Return a value of another JSON type that looks as like as can be."""
    if isinstance(value, str):
        digits = "".join(character for character in value if "0" <= character <= "9")
        return int(digits[-15:] or len(value))
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return [value] if isinstance(value, Mapping) else {str(i): item for i, item in enumerate(value)}
