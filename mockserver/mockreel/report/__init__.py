"""What a verification found, in forms for people and for tools."""

from mockreel.report.baseline import BaselineError, apply
from mockreel.report.model import CheckResult, Coverage, Event, Evidence, Finding, Report, Status, Story, verdict_of
from mockreel.report.redaction import redact, redacted
from mockreel.report.writing import FILES, CannotWriteReport, write

__all__ = [
    "FILES",
    "BaselineError",
    "CannotWriteReport",
    "CheckResult",
    "Coverage",
    "Event",
    "Evidence",
    "Finding",
    "Report",
    "Status",
    "Story",
    "apply",
    "redact",
    "redacted",
    "verdict_of",
    "write",
]
