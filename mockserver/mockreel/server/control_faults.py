"""The control API on faults."""

from __future__ import annotations

from typing import Any, Self

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mockreel.domain.engine import Engine
from mockreel.server.endpoints import Key, Strict, attempt, holding


class NewFaults(Strict):
    """Faults to arm, all or none; one alone may stand without the list."""

    faults: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=100,
        examples=[[{"fault": "error", "case": "rate_limited", "on": "submit", "times": 2}]],
    )

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, data: Any) -> Any:
        return {"faults": [data]} if isinstance(data, dict) and "fault" in data else data


class NextFailure(BaseModel):
    """An ErrorCase by id, code or reason, and for how many calls; beside these, options as in a fault."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)

    case: str = Field(examples=["rate_limited"])
    times: int = Field(1, strict=True)

    @model_validator(mode="after")
    def _is_an_error(self) -> Self:
        if "fault" in (self.model_extra or {}):
            raise ValueError("a case is refused with, no other fault: POST /_mock/faults arms those")
        return self


def add(app: FastAPI, engine: Engine) -> None:
    """Add the endpoints."""
    locked = holding(engine)

    @app.get("/_mock/faults", summary="The faults that are armed, in the order in which they compose")
    @locked
    async def faults() -> dict[str, Any]:
        return {"faults": [rule.as_json() for rule in engine.board]}

    @app.get("/_mock/faults/kinds", summary="Every fault that can be armed, with its fields")
    async def fault_kinds() -> dict[str, Any]:
        return {name: kind.as_json() for name, kind in engine.settings.faults.items()}

    @app.post("/_mock/faults", summary="Arm faults, all or none", status_code=201)
    @locked
    async def add_faults(wanted: NewFaults) -> dict[str, Any]:
        made = attempt(lambda: engine.add_faults(wanted.faults))
        return {"faults": [rule.as_json() for rule in made]}

    @app.post("/_mock/faults/fail_next", summary="Refuse the next calls of each API key", status_code=201)
    @locked
    async def fail_next(wanted: NextFailure) -> dict[str, Any]:
        (made,) = attempt(lambda: engine.add_faults([{"fault": "error", **wanted.model_dump()}]))
        return made.as_json()

    @app.delete("/_mock/faults", summary="Disarm every fault, or those of one API key")
    @locked
    async def remove_faults(key: Key | None = None) -> dict[str, int]:
        return {"removed": engine.remove_faults(key)}

    @app.delete("/_mock/faults/{fault_id}", summary="Disarm a fault")
    @locked
    async def remove_fault(fault_id: str) -> dict[str, Any]:
        found = engine.remove_fault(fault_id)
        if found is None:
            raise HTTPException(404, f"no fault {fault_id!r} is armed; GET /_mock/faults lists those that are")
        return found.as_json()

    @app.get("/_mock/capsule", summary="One line that sets up the same run again: mockreel serve --capsule LINE")
    @locked
    async def capsule() -> dict[str, str]:
        return {"capsule": engine.capsule()}
