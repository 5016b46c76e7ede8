"""The checks of a server, a file for each layer. Importing this package makes them known."""

from mockreel.conformance.checks import auth

__all__ = ["auth"]
