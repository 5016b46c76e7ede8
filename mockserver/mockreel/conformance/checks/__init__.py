"""The checks of a server, a file for each layer. Importing this package makes them known."""

from mockreel.conformance.checks import (
    auth,
    callbacks,
    credits,
    dialect,
    ends,
    ids,
    lists,
    progress,
    refunds,
    refusals,
    results,
    schema,
    signatures,
    states,
)

__all__ = [
    "auth",
    "callbacks",
    "credits",
    "dialect",
    "ends",
    "ids",
    "lists",
    "progress",
    "refunds",
    "refusals",
    "results",
    "schema",
    "signatures",
    "states",
]
