"""The reference client: it reads the contracts and never imports the server."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockreel_client.callback_errors import (
        BadSignature,
        BodyTooLarge,
        CallbackError,
        FutureCallback,
        InvalidHeader,
        MalformedBody,
        MissingHeader,
        ReencodedBody,
        StaleCallback,
    )
    from mockreel_client.callbacks import parse_callback
    from mockreel_client.events import CallbackEvent
    from mockreel_client.inbox import CallbackInbox
    from mockreel_client.route import callback_route

__all__ = [
    "BadSignature",
    "BodyTooLarge",
    "CallbackError",
    "CallbackEvent",
    "CallbackInbox",
    "FutureCallback",
    "InvalidHeader",
    "MalformedBody",
    "MissingHeader",
    "ReencodedBody",
    "StaleCallback",
    "callback_route",
    "parse_callback",
]

_MODULES = {
    "CallbackEvent": "events",
    "CallbackInbox": "inbox",
    "callback_route": "route",
    "parse_callback": "callbacks",
}


def __getattr__(name: str) -> Any:
    """Import what is public when it is first used."""
    if name in __all__:
        return getattr(import_module(f"mockreel_client.{_MODULES.get(name, 'callback_errors')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
