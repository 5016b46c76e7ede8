"""Readable texts: of a length, of a pattern, of a format, or just not."""

from __future__ import annotations

import importlib
import math
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from mockreel.strategies.bounds import Bounds

Texts = st.SearchStrategy[str]

_patterns = importlib.import_module("re._parser")  # it alone knows how long a text of a pattern can be

LETTERS = "abcdefghijklmnopqrstuvwxyz"
READABLE: Texts = st.sampled_from(f"{LETTERS}ABCXYZ 0123456789.,!?'-éß船水")
"""The characters of texts that no pattern governs: nothing invisible, and no bracket, so that no outcome is chosen."""

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAEnNCcKAAAAAElFTkSuQmCC"
)
_LONGEST_DRAWN = 24  # characters that are drawn one by one; longer texts are filled up
_LONGEST_EDGE = 20_000  # up to this bound, texts of exactly the greatest length are tried
_NO_URLS = ("boat.png", "example.com/boat.png", "ftp://example.com/boat.png", "https://", "0", "-1", "none", " ", "")
_DAYS = (datetime(2000, 1, 1), datetime(2099, 12, 31))  # noqa: DTZ001 - put into UTC as text
_NO_FORM = ("no such form", "a b")

_URLS = tuple(
    f"{scheme}://{host}/{path}"
    for scheme in ("https", "http")
    for host in ("example.com", "cdn.example.com:8443")
    for path in ("a.png", "boat.jpg", "x/y/z.webp", "boat?size=2&v=1", "%E8%88%B9.png", "")
)
_OF_FORMAT: dict[str, Texts] = {
    "uri": st.sampled_from(_URLS),
    "uri-reference": st.sampled_from(_URLS),
    "iri": st.sampled_from(_URLS),
    "date-time": st.datetimes(*_DAYS).map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}Z"),
    "date": st.dates(*(day.date() for day in _DAYS)).map(lambda day: day.isoformat()),
    "email": st.text(st.sampled_from(LETTERS), min_size=1, max_size=8).map("{}@example.com".format),
    "uuid": st.uuids().map(str),
    "ipv4": st.ip_addresses(v=4).map(str),
    "hostname": st.text(st.sampled_from(LETTERS), min_size=1, max_size=8).map("{}.example.com".format),
}


def texts(bounds: Bounds, characters: Texts) -> Texts:
    """Return the texts within bounds; `nothing()` where there can be none."""
    if not _can_be(bounds):
        return st.nothing()
    kept = [pattern for pattern, wanted in bounds.patterns if wanted]
    if any(not wanted for _, wanted in bounds.formats):
        return _of(_NO_FORM, bounds)
    for name, _ in bounds.formats:
        if name in _OF_FORMAT:
            return _OF_FORMAT[name].filter(bounds.fits)
    if kept:
        return _of_pattern(kept, bounds)
    plain = _plain(bounds, characters)
    if bounds.patterns:
        near = [text for text in _NO_URLS if bounds.fits(text)]
        return st.one_of(*([st.sampled_from(near)] if near else []), plain.filter(bounds.fits))
    return plain


def _can_be(bounds: Bounds) -> bool:
    longest = math.inf if bounds.longest is None else bounds.longest
    if bounds.shortest > longest:
        return False
    for pattern, wanted in bounds.patterns:
        least, most = _patterns.parse(pattern).getwidth()
        if not (pattern.startswith("^") and pattern.endswith("$")):
            most = math.inf
        if wanted and (least > longest or most < bounds.shortest):
            return False
    return all(wanted or name in _OF_FORMAT for name, wanted in bounds.formats)


def _plain(bounds: Bounds, characters: Texts) -> Texts:
    """Return texts of which up to 24 characters are drawn; where that is too short, the last of them is repeated."""
    shortest, longest = bounds.shortest, bounds.longest
    most_drawn = _LONGEST_DRAWN if longest is None else min(_LONGEST_DRAWN, longest)
    drawn = st.text(characters, min_size=min(shortest, 1), max_size=most_drawn).map(
        lambda text: _filled(text, shortest)
    )
    if longest is None or not _LONGEST_DRAWN < longest <= _LONGEST_EDGE:
        return drawn
    full = st.text(characters, min_size=1, max_size=8).map(lambda text: _filled(text, longest))
    return st.one_of(drawn, full)


def _filled(text: str, length: int) -> str:
    return text + (text[-1:] or "a") * (length - len(text))


def _of_pattern(patterns: list[str], bounds: Bounds) -> Texts:
    if bounds.fits(_URLS[0]):
        return _of((*_URLS, "", PIXEL), bounds)
    visible = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
    try:
        made = st.from_regex(patterns[0], fullmatch=True, alphabet=visible)
        made.validate()
    except InvalidArgument:  # the pattern names characters beyond those
        made = st.from_regex(patterns[0], fullmatch=True)
    return made.filter(bounds.fits)


def _of(candidates: tuple[str, ...], bounds: Bounds) -> Texts:
    fitting = [text for text in candidates if bounds.fits(text)]
    return st.sampled_from(fitting) if fitting else st.nothing()
