"""Mock provider and contract-testing kit for asynchronous video-generation APIs."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockreel.provider import MockProvider

__all__ = ["MockProvider"]


def __getattr__(name: str) -> Any:
    """Import what is public when it is first used: `mockreel --help` needs none of it."""
    if name == "MockProvider":
        from mockreel.provider import MockProvider

        return MockProvider
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
