"""Links to result files: what they lead to, and how long."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from mockreel.domain import assets
from mockreel.domain.assets import Asset, Kind
from mockreel.domain.dice import Dice
from mockreel.domain.document import output_of
from mockreel.domain.task import Task
from mockreel.domain.timeline import Moment
from mockreel_contracts import Contract


def asset_of(contract: Contract, task: Task, kind: Kind, moment: Moment, now_ms: int) -> Asset | str:
    """Return a file of a succeeded task, or why it is gone."""
    life_ms = contract.lifecycle.asset_life_ms
    left_ms = moment.entered_ms + life_ms - now_ms
    if left_ms <= 0:
        return f"the result of task {task.id} expired {-left_ms // 1000} s ago; results live {life_ms // 1000} s"
    hue = task.sandbox.dice.number("hue", task.sandbox.key, task.ordinal, below=8) * 45
    return Asset(kind, output_of(task), hue, left_ms // 1000)


def locate(url: str, provider: str) -> tuple[str, str] | None:
    """Return (task id, file name) of a URL of ours, or None."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    parts = [unquote(part) for part in path.removeprefix(assets.PREFIX).split("/")]
    if not path.startswith(assets.PREFIX) or len(parts) != 3 or parts[0] != provider or parts[2] not in assets.NAMES:
        return None
    return parts[1], parts[2]


def sign(url: str, expires_ms: int, dice: Dice) -> str:
    """Return a link that is valid until `expires_ms`."""
    return f"{url}?expires={expires_ms}&signature={_signature(urlsplit(url).path, expires_ms, dice)}"


def problem(path: str, query: bytes, now_ms: int, dice: Dice) -> str:
    """Return why a link with a query does not hold, or ''. A link without a signature needs none."""
    if not query:
        return ""
    values = parse_qs(query.decode("latin-1"))
    if not {"expires", "signature"} & set(values):
        return ""
    expires, signature = values.get("expires", [""])[0], values.get("signature", [""])[0]
    if not re.fullmatch("[0-9]{1,16}", expires) or signature != _signature(path, int(expires), dice):
        return "the signature of this link is wrong"
    return "this link has expired" if int(expires) <= now_ms else ""


def _signature(path: str, expires_ms: int, dice: Dice) -> str:
    return dice.roll("link", path, expires_ms).hex()
