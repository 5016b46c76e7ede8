"""What tasks cost in memory: the resident size of this process before and after creating them.

The journal, a ring of 10,000 exchanges, is filled first: it does not grow with the tasks.
Standard input: {"provider", "tasks", "size"}. Standard output: {"bytes_per_task", "body_bytes"}.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import orjson

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.benchmarks.subjects import body_of, subject

from mockreel.realtime import RealClock

WARM_UP = 12_000


def resident_bytes() -> int:
    """Return VmRSS."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS in /proc/self/status")


def main() -> None:
    """Create, look, report."""
    given = orjson.loads(sys.stdin.buffer.read())
    made = subject(given["provider"])
    engine = made.engine(RealClock())
    for number in range(WARM_UP):
        engine.handle(made.create(body_of(made, given["size"], number)))
    gc.collect()
    before = resident_bytes()
    for number in range(given["tasks"]):
        answer = engine.handle(made.create(body_of(made, given["size"], WARM_UP + number)))
        assert answer.status == 200, answer.body
    gc.collect()
    each = (resident_bytes() - before) / given["tasks"]
    body = sys.getsizeof(body_of(made, given["size"], 0))
    sys.stdout.buffer.write(orjson.dumps({"bytes_per_task": each, "body_bytes": body}))


main()
