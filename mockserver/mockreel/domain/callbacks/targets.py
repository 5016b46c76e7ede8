"""Whom the mock may call: loopback, and what its owner allows by name. Judged before any look-up of a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from ipaddress import IPv4Network as Network4
from typing import NamedTuple

MAX_URL = 2048
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
_URL = re.compile(
    r"(?ai)(https?)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?(/[!-\"$->@-\[\]-~]*)?(?:\?([!-\"$-~]*))?(?:#.*)?"
)
_PATTERN = re.compile(r"[a-z0-9*?._-]{1,253}")
_NUMERIC = re.compile(r"0x[0-9a-f]*|[0-9]+")
Address = IPv4Address | IPv6Address


class Target(NamedTuple):
    """An allowed URL, taken apart. `host` is in lower case and without brackets.

    `receiver` is who answers there (scheme, host and port), `url` the whole without what was a fragment.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str
    receiver: str
    url: str


def nowhere(url: str) -> Target:
    """Return what stands for a URL that is not called."""
    return Target("", "", 0, "", "", "", url)


class Policy:
    """Which hosts may be called beside loopback.

    `allow` holds addresses, ranges (`10.0.0.0/8`, or `private` for all private ones), names, and globs of names
    (`*.example.com`). An allowed name may resolve to any address but link-local, multicast and the like; a name that
    only a glob allows must resolve to a public one. Raises ValueError for an entry that is none of these.
    """

    def __init__(self, allow: Sequence[str] = ()) -> None:
        self._ranges: list[Network4 | IPv6Network] = []
        self._names: set[str] = set()
        self._globs: list[str] = []
        for entry in allow:
            self._add(entry.strip().lower().rstrip("."))

    def _add(self, entry: str) -> None:
        if entry == "private":
            self._ranges.extend(map(ip_network, PRIVATE))
            return
        try:
            found = ip_network(entry.strip("[]"), strict=False)
            mapped = getattr(found.network_address, "ipv4_mapped", None)
            if mapped is not None and found.prefixlen >= 96:
                found = ip_network((mapped, found.prefixlen - 96))
            self._ranges.append(found)
        except ValueError:
            if not _PATTERN.fullmatch(entry) or _NUMERIC.fullmatch(entry.rpartition(".")[2]):
                raise ValueError(
                    f"a host to allow is a name, a glob like *.example.com, an address, a range like 10.0.0.0/8, "
                    f"or private; got {entry!r}"
                ) from None
            if "*" in entry or "?" in entry:
                self._globs.append(entry)
            else:
                self._names.add(entry)

    def judge(self, url: str) -> Target | str:
        """Return the target of a URL, or why it is not called. Nothing is looked up."""
        target = parse(url)
        if isinstance(target, str):
            return target
        address = literal(target.host)
        if address is not None:
            return target if address.is_loopback or self._in_range(address) else _not_allowed(target.host)
        is_named = target.host == "localhost" or target.host in self._names
        if is_named or any(fnmatchcase(target.host, glob) for glob in self._globs):
            return target
        return _not_allowed(target.host)

    def admits(self, host: str, found: str) -> bool:
        """Whether an allowed name may be called at the address that it resolved to."""
        address = _unmapped(ip_address(found))
        if address.is_loopback or self._in_range(address):
            return True
        if host == "localhost" or _is_special(address):
            return False
        return host in self._names or address.is_global

    def _in_range(self, address: Address) -> bool:
        return any(address.version == known.version and address in known for known in self._ranges)


def parse(url: str) -> Target | str:
    """Take a URL apart, or say why it cannot be called."""
    if len(url) > MAX_URL:
        return f"the URL is longer than {MAX_URL} characters"
    found = _URL.fullmatch(url)
    if found is None:
        return "only http and https URLs in ASCII, without user and password, are called"
    scheme, host, port_text, path, query = found.groups()
    port = int(port_text) if port_text else (443 if scheme.lower() == "https" else 80)
    if not 0 < port < 65536:
        return f"{port_text} is no port"
    host = host.lower().rstrip(".").strip("[]")
    if not host or len(host) > 253:
        return "the URL has no host that could be called"
    if literal(host) is None and (":" in host or re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", host.rpartition(".")[2])):
        return f"{host} is neither a name nor a well-formed address"
    path, query = path or "/", query or ""
    receiver = f"{scheme.lower()}://{f'[{host}]' if ':' in host else host}:{port}"
    return Target(
        scheme.lower(), host, port, path, query, receiver, f"{receiver}{path}" + (f"?{query}" if query else "")
    )


def literal(host: str) -> Address | None:
    """Return the address that a host is, or None for a name."""
    try:
        return _unmapped(ip_address(host))
    except ValueError:
        return None


def _unmapped(address: Address) -> Address:
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_special(address: Address) -> bool:
    return address.is_unspecified or address.is_multicast or address.is_link_local or address.is_reserved


def _not_allowed(host: str) -> str:
    return f"{host} is not allowed: only this machine is called; allow it by name with --allow-host {host}"
