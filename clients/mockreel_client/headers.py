"""The headers of a request, from whatever a web framework keeps them in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from mockreel_client.callback_errors import InvalidHeader, shown

_MAX_VALUE = 8192  # characters; what common servers allow
_MAX_NAMES = 300  # characters of the names that a message lists


class _HasItems(Protocol):
    def items(self) -> Iterable[tuple[str | bytes, str | bytes]]: ...


Headers = _HasItems | Iterable[tuple[str | bytes, str | bytes]]
"""A mapping, an object with `items()` such as `http.server` has, or pairs such as those of an ASGI scope."""


class ReceivedHeaders:
    """Headers by name without regard to case. A value is looked at, and may be refused, when it is asked for."""

    __slots__ = ("_values",)

    def __init__(self, headers: Headers) -> None:
        """Take the headers in. Raises InvalidHeader when they are no names and values."""
        self._values: dict[str, list[str]] = {}
        try:
            for name, value in _pairs(headers):
                self._values.setdefault(_text(name).lower(), []).append(_text(value))
        except Exception as error:  # whatever object was handed in, the answer is a refusal
            text = f"the headers cannot be read ({type(error).__name__}); expected a mapping or pairs of text or bytes"
            raise InvalidHeader(f"{text}, got {type(headers).__name__}") from None

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def one(self, name: str) -> str:
        """Return the value of a header that is there. Raises InvalidHeader unless once and in printable ASCII."""
        values = self._values[name.lower()]
        name = name[:_MAX_NAMES]
        if len(values) > 1:
            raise InvalidHeader(f"header {name} is there {len(values)} times; expected once")
        (value,) = values
        if not value:
            raise InvalidHeader(f"header {name} is empty")
        if len(value) > _MAX_VALUE:
            raise InvalidHeader(f"header {name} has {len(value)} characters; expected at most {_MAX_VALUE}")
        stray = next((character for character in value if not " " <= character <= "~"), None)
        if stray is not None:
            raise InvalidHeader(f"header {name} holds the character U+{ord(stray):04X}; expected printable ASCII only")
        return value

    def names(self) -> str:
        """Return the names as a message lists them."""
        text = ", ".join(sorted(self._values))
        return shown(text, limit=_MAX_NAMES) if text else "no header"

    def document(self) -> dict[str, str]:
        """Return the first value of each, by name in lower case: what a contract's expressions read."""
        return {name: values[0] for name, values in self._values.items()}


def _pairs(headers: Headers) -> Iterable[tuple[Any, Any]]:
    """Return names and values; `multi_items` comes first because `items` may join what was sent twice."""
    for method in ("multi_items", "items"):
        read = getattr(headers, method, None)
        if callable(read):
            pairs: Iterable[tuple[Any, Any]] = read()
            return pairs
    return headers  # type: ignore[return-value]


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, str):
        return value
    raise TypeError
