"""What the package shows, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mockreel_client


def test_public_names_are_sorted_and_there() -> None:
    assert mockreel_client.__all__ == sorted(mockreel_client.__all__)
    for name in mockreel_client.__all__:
        assert getattr(mockreel_client, name).__name__ == name


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'mockreel_client' has no attribute 'nothing'"):
        _ = mockreel_client.nothing


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import mockreel_client", ["mockreel_contracts", "jsonschema_rs", "httpx2", "starlette", "asyncio"]),
        ("from mockreel_client import parse_callback", ["starlette", "httpx2", "mockreel", "asyncio"]),
        ("from mockreel_client import callback_route", ["starlette", "mockreel"]),
    ],
)
def test_what_is_not_used_is_not_imported(code: str, unwanted: list[str]) -> None:
    script = f"import sys\n{code}\nprint([name for name in {unwanted} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
