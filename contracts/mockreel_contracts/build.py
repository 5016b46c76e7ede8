"""From the data of a checked contract to its compiled form."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mockreel_contracts import bundle, check, client_side, pointer
from mockreel_contracts.callback import STANDARD_WEBHOOKS, CallbackEvent, CallbackRules, Signature
from mockreel_contracts.expressions import compile_expression, first_path
from mockreel_contracts.model import (
    CANONICAL_CODES,
    Adjustment,
    Auth,
    ConcurrencyLimit,
    Contract,
    Credits,
    ErrorCase,
    Expiry,
    InlineInput,
    Lifecycle,
    Model,
    Operation,
    Parameter,
    Phase,
    Price,
    RateLimit,
    Reply,
    Rule,
    State,
)
from mockreel_contracts.pattern import Pattern
from mockreel_contracts.schema import Schema
from mockreel_contracts.template import Template

Data = Mapping[str, Any]


def build(provider: str, profile: str, behavior: Data, openapi: Data, models: Data) -> Contract:
    """Compile a contract. Raises ValueError when a JSON Schema does not compile."""
    limits = behavior.get("limits", {})
    servers = openapi.get("servers") or [{"url": ""}]
    return Contract(
        provider=provider,
        title=behavior["title"],
        profile=profile,
        profiles=("documented", *(name for name in behavior.get("profiles", {}) if name != "documented")),
        base_url=servers[0]["url"].rstrip("/"),
        errors_in=behavior.get("transport", {}).get("errors", "body"),
        error_reads=client_side.error_reads(behavior.get("transport", {})),
        polling=client_side.polling(behavior),
        auth=Auth(behavior["auth"]["header"].lower(), tuple(s.lower() for s in behavior["auth"]["schemes"])),
        operations=_operations(behavior, openapi, models),
        refusals=behavior.get("refusals", {}),
        replies={
            name: Reply(reply.get("status", 200), Template(reply["body"]))
            for name, reply in behavior["replies"].items()
        },
        lifecycle=_lifecycle(behavior["lifecycle"]),
        errors={name: _error(name, case) for name, case in behavior["errors"].items()},
        credits=_credits(behavior["credits"]),
        inputs=tuple(_inline(name, data) for name, data in behavior.get("inputs", {}).items()),
        max_body_bytes=limits["body_bytes"]["max"] if "body_bytes" in limits else None,
        rate=RateLimit(limits["rate"]["requests"], _ms(limits["rate"]["per_s"])) if "rate" in limits else None,
        concurrency=ConcurrencyLimit(limits["concurrency"]["tasks"], limits["concurrency"]["excess"])
        if "concurrency" in limits
        else None,
        id_format=behavior["ids"]["task"],
        callback=_callback(behavior["callback"], behavior["operations"], openapi) if "callback" in behavior else None,
        openapi=openapi,
        behavior=behavior,
    )


def _operations(behavior: Data, openapi: Data, models: Data) -> dict[str, Operation]:
    known = check.operations_of(openapi)
    result = {}
    for name, spec in behavior["operations"].items():
        method, path, item, operation = known[name]
        parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        schema = content.get("schema")
        discriminator = (schema or {}).get("discriminator", {})
        is_submit = spec["role"] == "submit"
        served = _models(schema or {}, discriminator, openapi, models) if is_submit else {}
        result[name] = Operation(
            id=name,
            role=spec["role"],
            method=method,
            path=path,
            reads={key: compile_expression(source) for key, source in spec.get("reads", {}).items()},
            answer={key: compile_expression(source) for key, source in spec.get("answer", {}).items()},
            places={key: first_path(source, "body") for key, source in spec.get("answer", {}).items()},
            reply=spec.get("reply", spec["role"]),
            refusals=spec.get("refusals", {}),
            link_life_ms=_ms(spec["link_life_s"]) if "link_life_s" in spec else None,
            parameters=tuple(_parameter(_resolved(data, openapi), openapi) for data in parameters),
            body=Schema(schema, openapi) if schema is not None else None,
            is_body_required=operation.get("requestBody", {}).get("required", False),
            models=served,
            discriminator=discriminator.get("propertyName", "") if is_submit else "",
            default_model=_default_model(served, models, discriminator.get("propertyName", "")),
        )
    return result


def _resolved(data: Data, openapi: Data) -> Data:
    found: Data = pointer.get(openapi, data["$ref"].removeprefix("#")) if "$ref" in data else data
    return found


def _parameter(data: Data, openapi: Data) -> Parameter:
    schema = data.get("schema", {})
    kind = schema.get("type", "string")
    return Parameter(
        data["name"],
        data["in"],
        data.get("required", False),
        kind if isinstance(kind, str) else "string",
        Schema(schema, openapi),
    )


def _models(schema: Data, discriminator: Data, openapi: Data, models: Data) -> dict[str, Model]:
    prop = discriminator.get("propertyName", "")
    if not prop:  # an API with one unnamed model
        return {"": Model("", bundle.MAIN, Schema(schema, openapi), {}, {}, ())}
    result = {}
    for file, data in models.items():
        stem = file.rsplit("/", 1)[-1].removesuffix(".yaml")
        compiled = Schema({"$ref": f"#/components/schemas/{stem}"}, openapi)
        extra = data.get("x-mockreel", {})
        for name in model_names(data, prop):
            result[name] = Model(
                name=name,
                file=file,
                schema=compiled,
                facts=extra.get("facts", {}),
                duration_ms={state: _range(value) for state, value in extra.get("duration_s", {}).items()},
                prices=tuple(_price(row) for row in extra.get("credits", ())),
            )
    return result


def _default_model(served: Mapping[str, Model], models: Data, discriminator: str) -> str | None:
    for name, model in served.items():
        if discriminator not in models.get(model.file, {}).get("required", ()):
            return name
    return None


def model_names(data: Data, discriminator: str) -> list[str]:
    """Return the model names that a model file is for: its discriminator's `const` or `enum`, as far as it is text."""
    spec = data.get("properties", {}).get(discriminator)
    if not isinstance(spec, dict):
        return []
    names = [spec["const"]] if "const" in spec else spec.get("enum", ())
    return [name for name in names if isinstance(name, str)]


def _lifecycle(data: Data) -> Lifecycle:
    return Lifecycle(
        initial=data["initial"],
        states={
            name: State(
                name=name,
                wire=state.get("wire", name),
                phase=Phase(state["phase"]),
                next=tuple(state.get("next", ())),
                duration_ms=_range(state.get("duration_s", (0, 0))),
                progress=_progress(state),
            )
            for name, state in data["states"].items()
        },
        failure=data["failure"],
        cancellation=data.get("cancellation", data["failure"]),
        expiries=tuple(
            Expiry(Rule(rule.get("when", {})), _ms(rule["after_s"]), rule["to"], rule["error"])
            for rule in data.get("expires", ())
        ),
        retention_ms=_ms(data["retention_s"]),
        asset_life_ms=_ms(data["asset_life_s"]),
    )


def _progress(state: Data) -> tuple[int, int]:
    default = {"queued": (0, 0), "running": (0, 99)}.get(state["phase"], (100, 100))
    least, most = state.get("progress", default)
    return int(least), int(most)


def _error(name: str, data: Data) -> ErrorCase:
    return ErrorCase(
        id=name,
        status=data["status"],
        code=data["code"],
        reason=data.get("reason", ""),
        message=data["message"],
        task_code=data.get("task_code", data.get("reason") or str(data["code"])),
        task_message=data.get("task_message", data["message"]),
        headers=data.get("headers", {}),
        like=data.get("like") or _like(name, str(data["code"]), data["status"]),
        stages=tuple(data["stages"]),
        retryable=data["retryable"],
        billed=data.get("billed", False),
        source=data["source"],
        confidence=data["confidence"],
    )


def _like(name: str, code: str, status: int) -> str:
    if name in CANONICAL_CODES.values():
        return name
    known = CANONICAL_CODES.get(code) or CANONICAL_CODES.get(str(status))
    return known or ("internal_error" if status >= 500 else "invalid_request")


def _credits(data: Data) -> Credits:
    return Credits(
        charge=data["charge"],
        refund=tuple(Phase(name) for name in data["refund"]),
        usd=Decimal(str(data["usd"])) if "usd" in data else None,
        prices=tuple(_price(row) for row in data.get("prices", ())),
        adjustments=tuple(
            Adjustment(Rule(row["when"]), Decimal(str(row.get("plus", 0))), Decimal(str(row.get("times", 1))))
            for row in data.get("adjust", ())
        ),
    )


def _price(row: Data) -> Price:
    amount = Decimal(str(row["credits"] if "credits" in row else row["per_second"]))
    return Price(Rule(row.get("when", {})), amount, "per_second" in row)


def _inline(name: str, data: Data) -> InlineInput:
    ratio = data.get("ratio")
    return InlineInput(
        name=name,
        find=compile_expression(data["find"]),
        types=tuple(data.get("types", ())),
        max_bytes=data.get("max_bytes"),
        ratio=(ratio[0], ratio[1]) if ratio else None,
        errors=data.get("errors", {}),
    )


def _callback(data: Data, operations: Data, openapi: Data) -> CallbackRules:
    schema = next(check.callback_bodies(operations, openapi), None)
    signature = data.get("signature")
    return CallbackRules(
        events={
            state: CallbackEvent(state, event["reply"], tuple(_ms(wait) for wait in event.get("retries_s", ())))
            for state, event in data["events"].items()
        },
        reads={name: compile_expression(source) for name, source in data["reads"].items()},
        timeout_ms=_ms(data["timeout_s"]),
        signature=_signature(signature) if signature else None,
        body=Schema(schema, openapi) if schema is not None else None,
    )


def _signature(data: Data) -> Signature:
    is_standard = data["scheme"] == "standard-webhooks"
    message = Pattern("{message_id}.{timestamp}.{body}" if is_standard else data["message"])
    own = {name: Pattern(text) for name, text in data.get("headers", {}).items()}
    headers = STANDARD_WEBHOOKS if is_standard else own
    return Signature(
        scheme=data["scheme"],
        key=data["key"],
        message=message,
        headers=headers,
        signed=tuple(data.get("signed", ())),
        timestamp=data.get("timestamp", "unix"),
        encoding=data.get("encoding", "base64"),
        tolerance_ms=_ms(data.get("tolerance_s", 300)),
        words=frozenset(word for pattern in (message, *headers.values()) for word in pattern.names),
    )


def _range(value: Any) -> tuple[int, int]:
    return _ms(value[0]), _ms(value[1])


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
