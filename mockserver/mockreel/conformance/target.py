"""What is to be verified: its address, its keys, its control, and what may be spent on it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from mockreel.conformance.bench import TIMEOUT_S, Bench, Keys
from mockreel.conformance.budget import Budget
from mockreel.conformance.control import Control, ControlError, LocalControl, NoControl, RemoteControl
from mockreel.conformance.receiver import Receiver
from mockreel.domain.settings import DEFAULT_SECRET
from mockreel.provider import MockProvider
from mockreel.realtime import RealClock
from mockreel_contracts import Contract
from mockreel_contracts.examples import Example

if TYPE_CHECKING:
    import httpx2

MAX_TIME_S = 60.0
"""How long a run may take, unless more is asked for."""
_SENDING = 0.9  # the part of the time of a run in which is sent; judging and reports take the rest
WRONG_KEY = "mock-unauthorized"
"""The key that a mock refuses; any other is an account there."""


class TargetError(ValueError):
    """What is to be verified cannot be, as it was given."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server to verify.

    `at` is a base URL, or a MockProvider of this process. `budget` is in credits; None: none for a host elsewhere, no
    limit on this machine. `control` is the URL of a mock's control API, `auto` (asked for on this machine), `none`, or
    the MockProvider itself where it is mounted in this process in a way of its own.
    `callback_host` (NAME or NAME:PORT) is how the server reaches this machine. `max_time_s` bounds the run: in its last
    tenth nothing is sent any more.
    """

    at: str | MockProvider
    contract: Contract
    api_key: str = field(default="", repr=False)
    other_key: str | None = field(default=None, repr=False)
    wrong_key: str | None = field(default=None, repr=False)
    models: Sequence[str] = ()
    examples: Sequence[Example] | None = None
    budget: Decimal | Literal["unlimited"] | None = None
    seed: int = 0
    max_time_s: float = MAX_TIME_S
    control: str | MockProvider = "auto"
    control_token: str | None = field(default=None, repr=False)
    callback_host: str | None = None
    callback_secret: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        unknown = [name for name in self.models if name not in self.contract.models]
        if unknown:
            known = ", ".join(self.contract.models)
            raise TargetError(f"{self.contract.provider} has no model {', '.join(unknown)}; it has {known}")
        if not self.max_time_s > 0:
            raise TargetError(f"the time of a run (--max-time) is a number of seconds above 0, got {self.max_time_s:g}")
        if isinstance(self.at, str):
            try:
                parts = urlsplit(self.at)
            except ValueError:
                parts = urlsplit("")
            if "@" in parts.netloc:
                raise TargetError(
                    "the base URL holds a user name or a password; calls carry the API key alone: --api-key"
                )
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
                raise TargetError(f"the base URL is like http://127.0.0.1:8455, got {self.at!r}")
            for name, key in {"api": self.api_key, "other": self.other_key, "wrong": self.wrong_key}.items():
                if key and not (key.isascii() and key.isprintable()):
                    raise TargetError(f"--{name}-key is no key: one is written in printable ASCII characters alone")
            if not self.api_key:
                raise TargetError(
                    "no API key is given: --api-key K, or the variable MOCKREEL_API_KEY; "
                    "a mock takes any, such as demo-key"
                )

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return self.at.rstrip("/") if isinstance(self.at, str) else self.contract.base_url

    @property
    def name(self) -> str:
        """What a report calls it: its URL without user and password."""
        if not isinstance(self.at, str):
            return "a mock of this process"
        parts = urlsplit(self.at)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}".rstrip("/")

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine."""
        if isinstance(self.at, MockProvider) or isinstance(self.control, MockProvider):
            return True
        return is_loopback(urlsplit(self.at).hostname or "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no report may hold."""
        held = (self.api_key, self.other_key, self.wrong_key, self.callback_secret, self.control_token)
        return tuple(secret for secret in held if secret)

    def keys(self, *, has_control: bool) -> Keys:
        """Return the API keys of a run: a mock takes any, and refuses one."""
        wrong = self.wrong_key or (WRONG_KEY if has_control else None)
        other = self.other_key or (f"{self.own_key}-other" if has_control else None)
        return Keys(self.own_key, other, wrong, can_mint=has_control)

    @property
    def own_key(self) -> str:
        """The key to call with."""
        return self.api_key or "verify-key"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def key_of(provider: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the API key that the environment holds for a provider, '' for none."""
    own = f"{provider.upper().replace('-', '_')}_API_KEY"
    return environment.get("MOCKREEL_API_KEY") or environment.get(own) or ""


@contextmanager
def bench(target: Target) -> Iterator[Bench]:
    """Set up what a run works with. Raises TargetError where the control was asked for and is not there."""
    import httpx2

    deadline_s = RealClock().now_ms() / 1000 + target.max_time_s * _SENDING
    with ExitStack() as stack:
        if isinstance(target.at, MockProvider):
            http = stack.enter_context(httpx2.Client(transport=target.at.transport()))
            control: Control = LocalControl(target.at)
        else:
            http = stack.enter_context(
                httpx2.Client(timeout=min(TIMEOUT_S, target.max_time_s), trust_env=not target.is_here)
            )
            control = _control(target, http, deadline_s)
        has_control = not isinstance(control, NoControl)
        receiver = _receiver(target, control, stack)
        unlimited = target.budget == "unlimited" or (target.budget is None and target.is_here)
        limit = None if unlimited else Decimal(target.budget or 0)
        yield Bench(
            target.contract,
            target.base_url,
            http,
            keys=target.keys(has_control=has_control),
            budget=Budget(limit),
            control=control,
            has_control=has_control,
            receiver=receiver,
            examples=target.examples,
            models=target.models,
            deadline_s=deadline_s,
            seed=target.seed,
            callback_secret=target.callback_secret or (DEFAULT_SECRET if has_control else None),
            is_local=isinstance(target.at, MockProvider),
            hidden=target.secrets,
        )


def _control(target: Target, http: httpx2.Client, deadline_s: float) -> Control:
    """Return the control of a server. Raises TargetError for one that was asked for and is not there."""
    if isinstance(target.control, MockProvider):
        return LocalControl(target.control)
    if target.control == "none" or (target.control == "auto" and not target.is_here):
        return NoControl()
    url = target.base_url if target.control == "auto" else target.control
    try:
        return RemoteControl(url, http, token=target.control_token, deadline_s=deadline_s)
    except ControlError as error:
        if target.control == "auto":
            return NoControl()
        raise TargetError(f"the control API does not answer: {error}") from None


def _receiver(target: Target, control: Control, stack: ExitStack) -> Receiver | None:
    """Return a receiver of callbacks, None where the server cannot reach one."""
    if target.contract.callback is None or (not target.is_here and target.callback_host is None):
        return None
    receiver = Receiver(control.now_ms)
    if target.callback_host is None:
        stack.enter_context(receiver.serve())
        return receiver
    name, _, port = target.callback_host.partition(":")
    if port and not (port.isascii() and port.isdecimal() and int(port) < 65536):
        raise TargetError(f"the callback host is NAME or NAME:PORT, got {target.callback_host!r}")
    try:
        everywhere = "127.0.0.1" if is_loopback(name) else "0.0.0.0"  # noqa: S104 - asked for by name
        stack.enter_context(receiver.serve(target.callback_host, bind=everywhere, port=int(port or 0)))
    except OSError as error:
        raise TargetError(f"callbacks cannot be taken at {target.callback_host}: {error}") from None
    return receiver
