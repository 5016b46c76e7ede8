"""The reference client: it reads the contracts and never imports the server."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockreel_client.async_client import AsyncClient
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
    from mockreel_client.client import Client
    from mockreel_client.clock import Clock
    from mockreel_client.errors import (
        AmbiguousCreateError,
        AuthenticationError,
        ClientError,
        ConnectionFailedError,
        DownloadError,
        FeatureDisabledError,
        GenerationFailedError,
        InsufficientCreditsError,
        InvalidRequestError,
        MaintenanceError,
        NotFoundError,
        NotSupportedError,
        RateLimitError,
        RefusedError,
        ResultExpiredError,
        ServerError,
        UnexpectedAnswerError,
        WaitTimeoutError,
    )
    from mockreel_client.events import CallbackEvent
    from mockreel_client.inbox import CallbackInbox
    from mockreel_client.progress import progress_bar
    from mockreel_client.retries import Retries
    from mockreel_client.route import callback_route
    from mockreel_client.task import Task

__all__ = [
    "AmbiguousCreateError",
    "AsyncClient",
    "AuthenticationError",
    "BadSignature",
    "BodyTooLarge",
    "CallbackError",
    "CallbackEvent",
    "CallbackInbox",
    "Client",
    "ClientError",
    "Clock",
    "ConnectionFailedError",
    "DownloadError",
    "FeatureDisabledError",
    "FutureCallback",
    "GenerationFailedError",
    "InsufficientCreditsError",
    "InvalidHeader",
    "InvalidRequestError",
    "MaintenanceError",
    "MalformedBody",
    "MissingHeader",
    "NotFoundError",
    "NotSupportedError",
    "RateLimitError",
    "ReencodedBody",
    "RefusedError",
    "ResultExpiredError",
    "Retries",
    "ServerError",
    "StaleCallback",
    "Task",
    "UnexpectedAnswerError",
    "WaitTimeoutError",
    "callback_route",
    "parse_callback",
    "progress_bar",
]

_MODULES = {
    "AsyncClient": "async_client",
    "CallbackEvent": "events",
    "CallbackInbox": "inbox",
    "Client": "client",
    "Clock": "clock",
    "Retries": "retries",
    "Task": "task",
    "callback_route": "route",
    "parse_callback": "callbacks",
    "progress_bar": "progress",
    **dict.fromkeys(
        (
            "BadSignature",
            "BodyTooLarge",
            "CallbackError",
            "FutureCallback",
            "InvalidHeader",
            "MalformedBody",
            "MissingHeader",
            "ReencodedBody",
            "StaleCallback",
        ),
        "callback_errors",
    ),
}


def __getattr__(name: str) -> Any:
    """Import what is public when it is first used."""
    if name in __all__:
        return getattr(import_module(f"mockreel_client.{_MODULES.get(name, 'errors')}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
