"""By which contract, with which secrets and how strictly callbacks are checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mockreel_client.callback_errors import InvalidHeader, MissingHeader
from mockreel_client.headers import ReceivedHeaders
from mockreel_client.signature import Signer, signers
from mockreel_contracts import Contract, load, providers
from mockreel_contracts.callback import Signature

Secret = str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Terms:
    """How callbacks are checked: `signature` is None where they are not verified."""

    contract: Contract
    signature: Signature | None
    signers: tuple[Signer, ...]
    tolerance_s: float


def check_secrets(secret: Secret) -> tuple[str, ...]:
    """Return the secrets, none for None. Raises ValueError for what is no secret, the empty text above all."""
    if secret is None:
        return ()
    secrets = (secret,) if isinstance(secret, str) else tuple(secret) if isinstance(secret, Sequence) else ()
    if not secrets or not all(isinstance(text, str) and text and _is_unicode(text) for text in secrets):
        text = "secret is a text, or a sequence of texts, none of them empty; None switches verification off"
        got = f"a {type(secret).__name__}" if secret else f"an empty {type(secret).__name__}"
        raise ValueError(f"{text}; got {got}")
    return secrets


def check_limits(tolerance_s: float | None, max_body: int) -> None:
    """Raises ValueError for numbers that are none."""
    if tolerance_s is not None and (not is_number(tolerance_s) or not tolerance_s >= 0):
        raise ValueError(f"tolerance_s is a number of seconds from 0; got {tolerance_s!r}")
    if not is_number(max_body) or not max_body > 0:
        raise ValueError(f"max_body is a number of bytes above 0; got {max_body!r}")


def find_terms(provider: str | Contract, secrets: Sequence[str], tolerance_s: float | None) -> Terms:
    """Return how callbacks of a provider are to be checked.

    Raises ContractError for an unknown name, and ValueError where the provider calls nobody back, does not sign while
    secrets are given, or signs in a way that a secret does not fit.
    """
    contract = _shipped(provider) if isinstance(provider, str) else provider
    if not isinstance(contract, Contract):
        raise ValueError(f"provider is a name, a Contract or None; got a {type(provider).__name__}")
    if contract.callback is None:
        raise ValueError(f"{contract.provider} sends no callbacks, says its contract")
    signature = contract.callback.signature
    if signature is None and secrets:
        raise ValueError(f"{contract.provider} does not sign its callbacks, says its contract; give secret=None")
    if signature is None or not secrets:
        return Terms(contract, None, (), math.inf)
    tolerance_s = signature.tolerance_ms / 1000 if tolerance_s is None else tolerance_s
    return Terms(contract, signature, signers(signature, secrets), tolerance_s)


def recognize(headers: ReceivedHeaders) -> Contract:
    """Return the one shipped contract whose signature headers are all there."""
    known = {
        name: tuple(contract.callback.signature.headers)
        for name in providers()
        if (contract := _shipped(name)).callback and contract.callback.signature
    }
    fitting = [name for name, wanted in known.items() if all(header in headers for header in wanted)]
    if len(fitting) > 1:
        raise InvalidHeader(f"the headers are those of {' and '.join(fitting)} at once; name the provider")
    if not fitting:
        started = {name: wanted for name, wanted in known.items() if _signature_header(_shipped(name)) in headers}
        looked_for = ", or ".join(f"{' and '.join(wanted)} ({name})" for name, wanted in (started or known).items())
        what = "a signature, and lacks headers that go with it" if started else "no signature"
        raise MissingHeader(f"the callback has {what}; expected the headers {looked_for}")
    return _shipped(fitting[0])


def is_number(value: object) -> bool:
    """Whether a value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _signature_header(contract: Contract) -> str:
    """Return the header of a contract that holds the signature itself; '' where there is none."""
    signature = contract.callback.signature if contract.callback else None
    patterns = signature.headers.items() if signature else ()
    return next((header for header, pattern in patterns if "signature" in pattern.names), "")


@lru_cache(maxsize=64)
def _shipped(name: str) -> Contract:
    return load(name)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
