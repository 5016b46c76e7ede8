"""Two who judge a body and know nothing of how it was made: `jsonschema`, and our server."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import urlsplit

import orjson
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from mockreel.domain.messages import Request
from mockreel.domain.refusal import http_status
from mockreel.provider import MockProvider
from mockreel_contracts import Contract, pointer

IS_DEEP = settings.default.max_examples > 100
FORMATS = FormatChecker(formats=())


@FORMATS.checks("uri")
def _is_uri(text: object) -> bool:
    if not isinstance(text, str):
        return True
    return bool(urlsplit(text).scheme) and re.search(r"[\s<>\"{}|\\^`]", text) is None


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(text: object) -> bool:
    return not isinstance(text, str) or dt.datetime.fromisoformat(text).tzinfo is not None


def few(number: int, deep: int) -> settings:
    """Return settings of so many examples, and of `deep` under the profile of that name."""
    return settings(
        max_examples=deep if IS_DEEP else number,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def validator_of(schema: Any, root: Any) -> Draft202012Validator:
    """Return a validator of a schema whose references point into an OpenAPI document."""
    return Draft202012Validator({**schema, "components": root.get("components", {})}, format_checker=FORMATS)


def broken(validator: Draft202012Validator, body: Any) -> set[tuple[str, str]]:
    """Return the (pointer, keyword) of every rule that a body breaks."""
    return {found for error in validator.iter_errors(body) for found in _named(error)}


def _named(error: ValidationError) -> list[tuple[str, str]]:
    at, keyword = pointer.of(error.absolute_path), str(error.validator)
    if error.validator is None:
        return [(at, "falseSchema")]
    if keyword == "required":
        return [(pointer.join(at, name), keyword) for name in error.validator_value if name not in error.instance]
    if keyword == "dependentRequired":
        given = [others for name, others in error.validator_value.items() if name in error.instance]
        return [(pointer.join(at, name), keyword) for names in given for name in names if name not in error.instance]
    return [(at, keyword)]


class Server:
    """A mock that is asked what it makes of a body."""

    def __init__(self, contract: Contract, model: str) -> None:
        self._mock = MockProvider(contract.provider, credits="unlimited", profile=contract.profile, errors="http")
        self._contract = contract
        self._operation = next(o for o in contract.by_role("submit") if model in o.models)

    def accepts(self, body: Any) -> bool:
        """Whether a task was made."""
        before = len(self._mock.tasks)
        status, _ = self.ask(body)
        return status < 300 and len(self._mock.tasks) == before + 1

    def ask(self, body: Any) -> tuple[int, str]:
        """Return the status of the answer, and the decision as the journal has it."""
        scheme = self._contract.auth.schemes[0]
        headers = {
            self._contract.auth.header.encode(): f"{scheme} test-key".encode(),
            b"content-type": b"application/json",
        }
        request = Request(self._operation.method, self._operation.path, headers=headers, body=orjson.dumps(body))
        status = self._mock.handle(request).status
        last = self._mock.journal.last
        assert last is not None
        return status, last.decision

    def refusal_status(self, case: str) -> int:
        """Return the status with which a case is answered."""
        return http_status(self._contract, self._contract.errors[case], "http")
