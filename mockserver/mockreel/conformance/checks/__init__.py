"""The checks of a server, a file for each layer. Importing this package makes them known."""

from mockreel.conformance.checks import auth, dialect, refusals, schema

__all__ = ["auth", "dialect", "refusals", "schema"]
