"""Child processes: servers that say where they listen, and the load generator. Each is ended by its own pid."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

ROOT = Path(__file__).parents[2]
CHILDREN = Path(__file__).parent / "children"
SERVE = [sys.executable, "-m", "mockreel", "serve", "--port", "0", "--json", "--seed", "7", "--credits", "unlimited"]
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Burst:
    """`count` times the same request, to one port, over a few keep-alive connections."""

    port: int
    request: bytes
    count: int
    connections: int = 8


@dataclass(frozen=True, slots=True)
class Result:
    """What a burst took: requests a second, and the latencies that half and 99 % of the answers kept."""

    rate: float
    p50_ms: float
    p99_ms: float


@contextlib.contextmanager
def server(command: Sequence[str], given: Any = None) -> Iterator[int]:
    """Start a server, with `given` as JSON on its standard input; gives the port that it prints. Ends it at the end."""
    process = start(command, given)
    try:
        yield port_of(process)
    finally:
        stop(process)


def start(command: Sequence[str], given: Any = None) -> subprocess.Popen[bytes]:
    """Start a child process."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(orjson.dumps(given))
    process.stdin.close()
    return process


def port_of(process: subprocess.Popen[bytes]) -> int:
    """Wait for the line of JSON that a server prints when it is ready, and return its port."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"{process.args!r} ended before it was ready"
    return urlsplit(str(orjson.loads(line)["url"])).port or 0


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a child process."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
    if process.stdout is not None:
        process.stdout.close()


def child(name: str, given: Any) -> Any:
    """Run a program of `children/` to its end; returns the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, str(CHILDREN / f"{name}.py")],
        cwd=ROOT,
        input=orjson.dumps(given),
        stdout=subprocess.PIPE,
        check=True,
        timeout=PATIENCE_S,
    )
    return orjson.loads(done.stdout)


def load(bursts: Sequence[Burst]) -> list[Result]:
    """Send bursts, one after the other, from a process of their own."""
    plan = [[b.port, b.request.decode("latin-1"), b.count, b.connections] for b in bursts]
    return [Result(*found) for found in child("load", plan)]


def seconds(command: Sequence[str]) -> float:
    """Run a command to its end and return how long it took."""
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE_S)
    return time.perf_counter() - began
