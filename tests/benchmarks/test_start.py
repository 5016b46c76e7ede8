"""How long people wait before anything happens."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.processes import CHILDREN, SERVE, port_of, seconds, start, stop
from tests.benchmarks.subjects import PROVIDERS, subject, wire

ROUNDS = 9
ROUTE = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


def test_cold_start_against_a_one_route_app() -> None:
    """From starting the process to the first answer on its socket: `mockreel serve`, all contracts, against FastAPI."""
    made = subject(PROVIDERS[0])
    create = wire(made.create(), made.headers)
    peer = [sys.executable, str(CHILDREN / "one_route.py")]
    times = [(_first_answer(SERVE, create), _first_answer(peer, ROUTE)) for _ in range(ROUNDS)][1:]
    ours, theirs = [a for a, _ in times], [b for _, b in times]
    note = f"{sorted(ours)[len(ours) // 2] * 1000:.0f} ms, peer {sorted(theirs)[len(theirs) // 2] * 1000:.0f} ms"
    report.at_most(
        "cold start to the first answer, against one FastAPI route", report.ratio(ours, theirs), 1.1, note=note
    )


def test_help_against_bare_python() -> None:
    """`mockreel --help` / `python -c pass`: what a command costs before it does anything."""
    ours, bare = [str(Path(sys.executable).with_name("mockreel")), "--help"], [sys.executable, "-c", "pass"]
    times = [(seconds(ours), seconds(bare)) for _ in range(2 * ROUNDS)][1:]
    found = report.ratio([a for a, _ in times], [b for _, b in times])
    report.at_most("mockreel --help, against python -c pass", found, 6)


def _first_answer(command: list[str], request: bytes) -> float:
    began = time.perf_counter()
    process = start(command)
    try:
        with socket.create_connection(("127.0.0.1", port_of(process)), timeout=10) as connection:
            connection.sendall(request)
            answer = connection.recv(65536)
        took = time.perf_counter() - began
    finally:
        stop(process)
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return took
