"""HTML put together so that text cannot become markup: text is escaped unless an element made it."""

from __future__ import annotations

from html import escape

from mockreel.report.text import shown

_EMPTY = frozenset({"meta", "line", "circle", "rect"})


class Markup(str):
    """Text that is HTML already; only `tag` and `join` make it."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int | bool) -> Markup:
    """Return an element. Children that are plain text are escaped; `class_` stands for class, True for a bare name.

    >>> tag("p", "a < b", tag("b", "!"), class_="x")
    '<p class="x">a &lt; b<b>!</b></p>'
    """
    given = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in _EMPTY:
        return Markup(f"<{name}{given}>" if name == "meta" else f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Return what was made, one after the other; plain text is escaped."""
    return Markup("".join(child if isinstance(child, Markup) else escape(shown(child)) for child in children))


def raw(text: str) -> Markup:
    """Return text of ours, such as a style sheet, as it is."""
    return Markup(text)


def isolated(text: str) -> Markup:
    """Return text that others chose; whichever way it is written, what stands around it keeps its order."""
    return tag("bdi", text)


def _attribute(name: str, value: str | int | bool) -> str:
    if value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(shown(str(value)))}"'
