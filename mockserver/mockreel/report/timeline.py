"""The story of a scenario in HTML: a strip with a lane for each kind of event, and the same as a list."""

from __future__ import annotations

from typing import get_args

from mockreel.report.markup import Markup, isolated, join, tag
from mockreel.report.model import Event, Lane, Status, Story
from mockreel.report.text import counted

LANES: tuple[Lane, ...] = get_args(Lane)
_HIGH = 18  # pixels of a lane
_LISTED = 500  # events


def story(told: Story) -> Markup:
    """Return the section of one scenario."""
    title = tag("h3", isolated(told.title or told.name))
    badge = tag("span", told.status.value, class_="badge")
    name = tag("code", isolated(told.name))
    parts = [tag("div", badge, title, name, class_="title"), *(tag("p", isolated(note)) for note in told.notes)]
    if told.events:
        events = tag("summary", counted(len(told.events), "event"))
        parts += [
            _strip(told.events),
            tag("details", events, _list(told.events), open=told.status is not Status.PASS),
        ]
    else:
        parts.append(tag("p", "Nothing happened.", class_="soft"))
    return tag("section", *parts, class_=f"card {told.status.value}")


def _strip(events: tuple[Event, ...]) -> Markup:
    """Return the overview. Places are in percent: it fits any width without making text small."""
    first, last = min(each.at_s for each in events), max(each.at_s for each in events)
    span = last - first or 1.0
    lines = [tag("line", x1="0", x2="100%", y1=_middle(lane), y2=_middle(lane)) for lane in LANES]
    dots = [_dot(each, 2 + 96 * (each.at_s - first) / span) for each in sorted(events, key=lambda each: each.is_bad)]
    names = tag("ul", *(tag("li", lane, class_=lane) for lane in LANES))
    drawing = tag("svg", *lines, *dots, height=_HIGH * len(LANES), focusable="false")
    ends = tag("div", tag("span", _seconds(first)), tag("span", _seconds(last)), class_="span")
    return tag("div", tag("div", names, drawing, class_="strip"), ends, aria_hidden="true")


def _dot(event: Event, at: float) -> Markup:
    place = f"{at:.2f}%"
    dot = tag("circle", cx=place, cy=_middle(event.lane), r="4", class_=f"dot {event.lane}")
    if not event.is_bad:
        return dot
    return join(dot, tag("circle", cx=place, cy=_middle(event.lane), r="7", class_="bad-ring"))


def _list(events: tuple[Event, ...]) -> Markup:
    rows = [_row(each) for each in events[:_LISTED]]
    items = tag("ol", *rows, class_="events", role="list")
    if len(events) <= _LISTED:
        return items
    return join(items, tag("p", f"and {counted(len(events) - _LISTED, 'more event')}: see report.json", class_="soft"))


def _row(event: Event) -> Markup:
    mark = [tag("span", "✗ wrong: ", class_="mark")] if event.is_bad else []
    detail = [tag("div", isolated(event.detail), class_="detail")] if event.detail else []
    return tag(
        "li",
        tag("time", _seconds(event.at_s)),
        tag("span", event.lane, class_=f"lane {event.lane}"),
        tag("div", *mark, isolated(event.text), *detail),
        class_="bad" if event.is_bad else False,
    )


def _middle(lane: Lane) -> int:
    return LANES.index(lane) * _HIGH + _HIGH // 2


def _seconds(at: float) -> str:
    return f"{at:,.2f} s" if abs(at) < 100 else f"{at:,.0f} s"
