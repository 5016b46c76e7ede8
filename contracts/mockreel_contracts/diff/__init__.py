"""What changed between two contracts, or two OpenAPI documents, and whom it breaks: callers, servers, or nobody."""

from mockreel_contracts.diff.change import Breaks, Change, Effect, Verdict, Where, worst
from mockreel_contracts.diff.compare import compare, notes
from mockreel_contracts.diff.side import Place, Side
from mockreel_contracts.diff.sources import sides

__all__ = [
    "Breaks",
    "Change",
    "Effect",
    "Place",
    "Side",
    "Verdict",
    "Where",
    "compare",
    "notes",
    "sides",
    "worst",
]
