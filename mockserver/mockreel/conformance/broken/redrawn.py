"""Replies whose document, or body, is changed before they are sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from mockreel.conformance.broken.broken import Draw
from mockreel.conformance.broken.visit import Memory
from mockreel_contracts import Contract
from mockreel_contracts.template import Template

Before = Callable[[Any], None]
After = Callable[[Any], Any]
_KEPT = "callback:"  # begins the names of replies that are for callbacks alone


class Redrawn(Template):
    """A template around another, that changes the document before, or the body after."""

    __slots__ = ("_after", "_before", "_template")

    def __init__(self, template: Template, *, before: Before | None = None, after: After | None = None) -> None:
        self._template = template
        self._before = before
        self._after = after

    def build(self, document: Any) -> Any:
        """Return the reply as it is told."""
        if self._before is not None:
            self._before(document)
        body = self._template.build(document)
        return self._after(body) if self._after is not None else body

    def render(self, document: Any) -> bytes:
        """Return the reply as JSON."""
        return orjson.dumps(self.build(document))


def redrawn(contract: Contract, role: str, draw: Draw, memory: Memory) -> Contract:
    """Return a contract whose replies of a role, of callbacks or of errors are made of a changed document.

    What is changed is the task, the account, the link or the error; of a list it is {tasks, next_page_token}.
    """

    def before(document: Any) -> None:
        for name in ("task", "account", "link", "error"):
            if name in document:
                draw(document[name], memory)
        if "tasks" in document:
            draw(document, memory)

    if role == "callback":
        return _told(contract, before=before)
    names = {"error"} if role == "error" else {o.reply for o in contract.operations.values() if o.role == role}
    return _with_replies(contract, names, before=before)


def retold(contract: Contract, after: After) -> Contract:
    """Return a contract whose callbacks have a changed body."""
    return _told(contract, after=after)


def _told(contract: Contract, *, before: Before | None = None, after: After | None = None) -> Contract:
    """Change the replies of callbacks, which may be those of queries too, for callbacks alone."""
    if contract.callback is None:
        return contract
    replies, events = dict(contract.replies), {}
    for state, event in contract.callback.events.items():
        name = event.reply if event.reply.startswith(_KEPT) else _KEPT + event.reply
        replies.setdefault(name, replies[event.reply])
        events[state] = replace(event, reply=name)
    own = replace(contract, replies=replies, callback=replace(contract.callback, events=events))
    return _with_replies(own, {event.reply for event in events.values()}, before=before, after=after)


def _with_replies(
    contract: Contract, names: set[str], *, before: Before | None = None, after: After | None = None
) -> Contract:
    replies = dict(contract.replies)
    for name in names & replies.keys():
        replies[name] = replace(replies[name], body=Redrawn(replies[name].body, before=before, after=after))
    return replace(contract, replies=replies)
