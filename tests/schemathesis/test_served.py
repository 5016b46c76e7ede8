"""`schemathesis run` of every bundled OpenAPI document against the served mock: nothing to find.

Codes go into the HTTP status (`errors="http"`), since Schemathesis judges acceptance and refusal by the status.
Where a contract puts codes only into the body, a second run looks at everything else as it is by default.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from mockreel.domain.gate import Call
from mockreel.domain.messages import Answer
from mockreel.domain.service import Service
from mockreel.provider import MockProvider
from mockreel_contracts import load, providers

CONFIG = Path(__file__).parent / "schemathesis.toml"
BY_STATUS = "negative_data_rejection,positive_data_acceptance,missing_required_header,unsupported_method"
IN_BODY = [name for name in providers() if any(case.status == 200 for case in load(name).errors.values())]


def run(provider: str, errors: Literal["body", "http"], folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    contract = load(provider)
    document = folder / f"{provider}.json"
    document.write_text(json.dumps(contract.openapi), "utf-8")
    mock = MockProvider(provider, seed=1, credits="unlimited", errors=errors, speed=100, clock="real")
    with mock.serve() as url:
        key = f"{contract.auth.header}: {contract.auth.schemes[-1].capitalize()} fuzz-key"
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", str(document)]
        return subprocess.run(
            [*command, "--url", url, "-H", key, "--no-color", *more],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            cwd=folder,  # it keeps what it found in the folder it is in; no run is to know of another
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )


@pytest.mark.slow
@pytest.mark.parametrize("provider", providers())
def test_schemathesis_finds_nothing(provider: str, tmp_path: Path) -> None:
    result = run(provider, "http", tmp_path)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    generated = re.search(r"(\d+) generated", result.stdout)
    assert generated is not None
    assert int(generated[1]) > 300, "too little was generated to say anything"


@pytest.mark.slow
@pytest.mark.parametrize("provider", IN_BODY)
def test_schemathesis_finds_nothing_when_codes_are_only_in_the_body(provider: str, tmp_path: Path) -> None:
    result = run(provider, "body", tmp_path, "--exclude-checks", BY_STATUS)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


@pytest.mark.slow
def test_schemathesis_would_notice_an_answer_against_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Service.answer

    def broken(self: Service, call: Call) -> Answer:
        made = answer(self, call)
        if call.operation.role == "balance":
            made.body = made.body.replace(b'"data":', b'"date":')
        return made

    monkeypatch.setattr(Service, "answer", broken)
    provider = IN_BODY[0]
    result = run(provider, "http", tmp_path, "--phases", "coverage")
    assert result.returncode == 1
    assert "data" in result.stdout
