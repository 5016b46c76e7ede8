"""Result files: what they are, and the URLs that lead to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote

PREFIX = "/_files/"
Kind = Literal["video", "cover", "watermarked"]
NAMES: Mapping[str, Kind] = {"video.mp4": "video", "cover.png": "cover", "watermarked.mp4": "watermarked"}
FPS = 4
_MAX_DURATION_S = 120
_MAX_SIDE = 2160


@dataclass(frozen=True, slots=True)
class Output:
    """What a video is like: seconds, pixels, frames a second."""

    duration_s: float
    width: int
    height: int
    fps: int = FPS


@dataclass(frozen=True, slots=True)
class Asset:
    """A result file of a task; `hue` (0 to 359) tells tasks apart by eye. `max_age_s` is how long it may be cached."""

    kind: Kind
    output: Output
    hue: int
    max_age_s: int


def output_of(values: Mapping[str, Any]) -> Output:
    """Return what the video of a request is like, from duration_s, resolution ("720p") and aspect_ratio ("16:9").

    What is absent or unreadable is 5 seconds, 720 lines and 16:9. The resolution is the shorter side.
    """
    lines = re.search(r"\d+", str(values.get("resolution") or ""))
    short = min(int(lines[0]), _MAX_SIDE) if lines and int(lines[0]) >= 2 else 720
    ratio = re.fullmatch(r"(\d{1,3}):(\d{1,3})", str(values.get("aspect_ratio") or ""))
    across, down = (int(ratio[1]), int(ratio[2])) if ratio else (16, 9)
    if not (across and down and max(across, down) <= 4 * min(across, down)):
        across, down = 16, 9
    long = _even(short * max(across, down) / min(across, down))
    width, height = (long, _even(short)) if across >= down else (_even(short), long)
    duration = values.get("duration_s")
    is_number = isinstance(duration, int | float) and not isinstance(duration, bool) and duration > 0
    return Output(min(float(duration), _MAX_DURATION_S) if is_number and duration is not None else 5.0, width, height)


def url(origin: str, provider: str, task_id: str, name: str) -> str:
    """Return the URL of a result file."""
    return f"{origin}{PREFIX}{_quoted(provider)}/{_quoted(task_id)}/{name}"


@lru_cache(maxsize=64)
def _quoted(text: str) -> str:
    return quote(text, safe="")


def _even(pixels: float) -> int:
    return max(2, round(pixels / 2) * 2)
