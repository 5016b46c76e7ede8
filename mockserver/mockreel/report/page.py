"""A report as one HTML file."""

from __future__ import annotations

from html import escape

from mockreel.report.as_json import render as as_json
from mockreel.report.model import Report
from mockreel.report.text import shown


def render(report: Report) -> str:
    """Return the report as HTML text."""
    return f"<!doctype html><title>{report.verdict}</title><pre>{escape(shown(as_json(report)))}</pre>\n"
