"""An answer that cannot be read ends the client."""

from __future__ import annotations

import re

from mockreel.report import Finding
from mockreel.verdict import sight
from mockreel.verdict.check import Check, Doubt, Looked
from mockreel.verdict.evidence import shown
from mockreel.verdict.play import Play
from mockreel.verdict.sight import Heard

CRASH = re.compile(
    r"^[^\S\n]*(?:\w+\.)*(?:JSONDecodeError|KeyError|IndexError|TypeError|AttributeError|UnicodeDecodeError|SyntaxError)\b"
    r"|ContentTypeError|Unexpected (?:token|end of)|panic:|parse error|jq: error|is not valid JSON",
    re.MULTILINE,
)
"""What programs of several languages say when they stumble over a body."""


def look(play: Play) -> Looked:
    """Judge what came after the first look at each task that could not be read."""
    if play.claim.result == "unknown":
        return
    for task_id in sight.task_ids(play):
        looks = sight.looks(play, task_id)
        strange = [entry for entry in looks if sight.heard(play, entry) is Heard.UNREADABLE]
        if not strange:
            continue
        after = [entry for entry in looks if entry.seq > strange[0].seq]
        if after or play.claim.result == "success" or sight.learned_end(play, task_id):
            yield None
            continue
        crash = CRASH.search(play.claim.output)
        how = f"crashed ({crash[0].strip()})" if crash else "ended"
        finding = Finding(
            f"a look at task {task_id} was answered with what is no JSON, and the client {how}",
            operation=strange[0].operation,
            expected="another look: an answer that cannot be read says nothing of the task",
            cause="the body is parsed without looking at status and Content-Type, and nothing takes the error",
            evidence=shown(play, [strange[0]]),
            credits=sight.price_of(play, task_id),
        )
        yield Doubt(finding) if sight.names(play, task_id) and not crash else finding


CHECK = Check(
    id="malformed_body_crash",
    title="An answer that is no JSON crashes the client",
    why="A page of a proxy during a deployment loses every task that is being waited for.",
    known_from="Some providers stand before others: the source of one passes its upstream's raw body on in the message "
    "(contract sources C3), and load balancers answer 502 and 503 with HTML.",
    hint="Look at the status and the Content-Type before you parse; treat what cannot be read as no answer, and ask "
    "again within your limit.",
    needs="a look that was answered with what is no JSON, and a client that ended",
    look=look,
)
