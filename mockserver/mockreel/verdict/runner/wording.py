"""What stands for what in the command of a client, in its environment and in the URL that it is called back at."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WORDS = ("base_url", "api_key", "scenario", "callback_secret", "callback_url", "port", "folder")
"""The words that are filled in, each in braces. Braces around anything else are left alone."""


class UsageError(ValueError):
    """The run cannot be made as it was asked for; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Command:
    """How the client is started: the words of its command line, and `NAME: VALUE` for its environment."""

    words: tuple[str, ...]
    environment: Mapping[str, str]

    def filled(self, values: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
        """Return the command line and the environment, with `{base_url}` and the like filled in."""
        return [fill(word, values) for word in self.words], {
            name: fill(value, values) for name, value in self.environment.items()
        }


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a text with each of WORDS that has a value filled in."""
    for word in WORDS:
        if word in values:
            text = text.replace(f"{{{word}}}", values[word])
    return text


def environment_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return a mapping of `NAME=VALUE` texts. Raises UsageError."""
    made = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise UsageError(f"--env takes NAME=VALUE, such as API_URL={{base_url}}; got {pair!r}")
        made[name] = value
    return made


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
