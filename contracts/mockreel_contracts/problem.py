"""What is wrong with a contract, and where: all of it at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a contract file.

    `pointer` is a JSON pointer into `file`; `line` counts from 1 and is 0 where it is not known.
    A `warning` does not keep a contract from being served.
    """

    file: str
    line: int
    pointer: str
    message: str
    expected: str = ""
    got: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        text = f"{where} {self.pointer or '/'}: {self.message}"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.got:
            text += f", got {self.got}"
        return f"warning: {text}" if self.severity == "warning" else text


class ContractError(Exception):
    """A contract cannot be used; `problems` holds everything that is wrong with it."""

    def __init__(self, folder: str, problems: tuple[Problem, ...]) -> None:
        self.folder = folder
        self.problems = problems
        count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
        super().__init__(f"{folder}: {count}\n" + "\n".join(f"  {problem}" for problem in problems))
