"""What a verification found, in forms for people and for tools."""

from mockreel.report.model import CheckResult, Coverage, Event, Evidence, Finding, Report, Status, Story

__all__ = ["CheckResult", "Coverage", "Event", "Evidence", "Finding", "Report", "Status", "Story"]
