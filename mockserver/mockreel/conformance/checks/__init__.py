"""The checks of a server, a file for each layer. Importing this package makes them known."""

from mockreel.conformance.checks import auth, credits, dialect, progress, refusals, results, schema, states

__all__ = ["auth", "credits", "dialect", "progress", "refusals", "results", "schema", "states"]
