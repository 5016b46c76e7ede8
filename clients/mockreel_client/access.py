"""Which provider is called, with which key, and how patiently."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from mockreel_client.retries import Retries
from mockreel_contracts import Contract, load

KEY_VARIABLE = "MOCKREEL_API_KEY"
URL_VARIABLE = "MOCKREEL_BASE_URL"
_MASK = "***"
_SECRET = 4  # characters; a shorter key is no secret, and would be found in every word


@dataclass(frozen=True, slots=True)
class Access:
    """All that the calls of one client share. `timeout_s` is for one call, from its first byte to its last."""

    contract: Contract
    api_key: str = field(repr=False)
    base_url: str
    timeout_s: float
    retries: Retries
    is_checking: bool

    @property
    def provider(self) -> str:
        """The name of the contract."""
        return self.contract.provider

    def headers(self) -> dict[str, str]:
        """Return the headers of a call."""
        auth = self.contract.auth
        return {
            "accept": "application/json",
            "user-agent": "mockreel-client",
            auth.header: f"{auth.schemes[0].capitalize()} {self.api_key}",
        }

    def masked(self, text: str) -> str:
        """Return a text in which the API key cannot be read, should somebody have repeated it, as in JSON or a URL."""
        if len(self.api_key) >= _SECRET:
            for form in (self.api_key, json.dumps(self.api_key)[1:-1], quote(self.api_key, safe="")):
                text = text.replace(form, _MASK)
        return text


def access(
    provider: str | Contract,
    *,
    api_key: str | None,
    base_url: str | None,
    timeout: float,
    retries: int | Retries | None,
    check: bool,
    contracts: str | Path | None,
    profile: str | None,
    environment: Mapping[str, str] = os.environ,
) -> Access:
    """Put together what a client was given. Raises ContractError, and ValueError for what cannot be used."""
    contract = _contract(provider, contracts, profile)
    own = f"{contract.provider.upper().replace('-', '_')}_API_KEY"
    key = api_key if api_key is not None else environment.get(KEY_VARIABLE) or environment.get(own)
    if not key:
        raise ValueError(f"no API key: give Client(api_key=...), or set {own} or {KEY_VARIABLE}")
    if not isinstance(key, str) or not all("!" <= character <= "~" for character in key):
        raise ValueError("the API key is not printable ASCII without spaces; was a newline copied with it?")
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < 1e6:
        raise ValueError(f"timeout is a number of seconds above 0; got {timeout!r}")
    return Access(
        contract=contract,
        api_key=key,
        base_url=_base_url(base_url or environment.get(URL_VARIABLE) or contract.base_url),
        timeout_s=float(timeout),
        retries=retries if isinstance(retries, Retries) else Retries() if retries is None else Retries(times=retries),
        is_checking=check,
    )


def _contract(provider: str | Contract, contracts: str | Path | None, profile: str | None) -> Contract:
    if isinstance(provider, Contract):
        if contracts is not None or profile is not None:
            raise ValueError("a Contract has its folder and its profile already; give a name, or leave those out")
        return provider
    if not isinstance(provider, str):
        raise ValueError(f"provider is a name or a Contract; got a {type(provider).__name__}")
    return _loaded(provider, profile or "documented", Path(contracts) if contracts is not None else None)


@lru_cache(maxsize=64)
def _loaded(provider: str, profile: str, root: Path | None) -> Contract:
    return load(provider, profile=profile, root=root)


def _base_url(url: str) -> str:
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"base_url is like https://api.example.com; got {url!r}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("base_url has a host and at most a path: no user, no query, no fragment")
    try:
        parts.hostname.encode("idna")
    except UnicodeError as error:
        raise ValueError(f"base_url has a host that no resolver takes ({error}); got {url!r}") from None
    return url.rstrip("/")
