"""What was measured, and how it compares with what the design asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `aim` is the bound that `measured` is held against; without one the figure only informs."""

    what: str
    measured: float
    unit: str
    side: Literal[">=", "<=", ""] = ""
    aim: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the aim is met, in a word."""
        if self.aim is None:
            return "-"
        is_met = self.measured >= self.aim if self.side == ">=" else self.measured <= self.aim
        return "met" if is_met else "NOT MET"


ROWS: list[Row] = []


def at_least(what: str, measured: float, aim: float, *, unit: str = "x", note: str = "") -> None:
    """Keep a figure that is good when it is large."""
    ROWS.append(Row(what, measured, unit, ">=", aim, note))


def at_most(what: str, measured: float, aim: float, *, unit: str = "x", note: str = "") -> None:
    """Keep a figure that is good when it is small."""
    ROWS.append(Row(what, measured, unit, "<=", aim, note))


def inform(what: str, measured: float, *, unit: str, note: str = "") -> None:
    """Keep a figure that no aim is set for."""
    ROWS.append(Row(what, measured, unit, note=note))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of ours / theirs, round by round: what slows the machine down slows both sides of a round."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def table() -> Table:
    """Return everything kept so far."""
    made = Table(title="Mockreel benchmarks: ratios and figures of this run")
    for name in ("what", "measured", "aim", "", "how it was"):
        made.add_column(name, justify="right" if name in ("measured", "aim") else "left")
    for row in ROWS:
        aim = "" if row.aim is None else f"{row.side} {row.aim:g} {row.unit}"
        style = "red" if row.verdict == "NOT MET" else ""
        made.add_row(row.what, f"{row.measured:.3g} {row.unit}", aim, row.verdict, row.note, style=style)
    return made
