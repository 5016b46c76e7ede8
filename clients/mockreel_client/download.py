"""Downloading a result: whole and of the right kind, or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from mockreel_client.access import Access
from mockreel_client.calls import Chance, log
from mockreel_client.effects import Fetch, Flow, Lost, Now, Pause, Received, Sink
from mockreel_client.errors import DownloadError, ResultExpiredError
from mockreel_client.refusals import retry_after_s
from mockreel_client.task import Task

_GONE = (401, 403, 410)
_PASSING = (404, 408, 425, 429, 500, 502, 503, 504)  # a file may lag behind the answer that names it
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def download(
    access: Access, source: Task | str, url: str, sink: Sink, timeout_s: float, *, chance: Chance
) -> Flow[str]:
    """Write the file at `url`, a result of `source`, to `sink`, and return its content type.

    One attempt takes at most `timeout_s`. What is cut off is taken up where it stopped (Range), if the file is still
    the same one (If-Range). The API key is not sent: results lie elsewhere. Raises DownloadError, with the task whose
    result it is.
    """
    try:
        return (yield from _download(access, url, sink, timeout_s, chance))
    except DownloadError as error:
        if isinstance(source, Task):
            error.task, error.task_id = source, source.id
        raise


def _download(access: Access, url: str, sink: Sink, timeout_s: float, chance: Chance) -> Flow[str]:
    retries, tries, mark = access.retries, 0, ""
    started = yield Now()
    while True:
        headers = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "mockreel-client"}
        if sink.size and mark:
            headers |= {"range": f"bytes={sink.size}-", "if-range": mark}
        else:
            sink.begin(0)
        answer = yield Fetch(url, headers, sink, timeout_s, begins_at)
        if isinstance(answer, Lost):
            problem, retry_s = answer.why, None
        else:
            problem, retry_s = (
                _problem(access, url, answer, sink, mark, is_last=tries >= retries.times),
                retry_after_s(answer),
            )
            if not problem:
                return str(answer.headers.get("content-type", ""))
            begins = begins_at(answer.status, answer.headers)
            is_begun = begins is not None and begins <= sink.size
            mark = _mark(answer.headers) if answer.cut and is_begun and not _is_other(answer, mark) else ""
        tries += 1
        text = access.masked(f"the result at {_shown(url)} cannot be downloaded: {problem}")
        if isinstance(answer, Received) and _is_final(answer):
            raise DownloadError(text, provider=access.provider)
        wait_s = retries.wait_s(tries, retry_s, chance)
        now = yield Now()
        if tries > retries.times or now - started + wait_s > retries.budget_s:
            raise DownloadError(text, provider=access.provider)
        log.warning("%s; trying again in %.1f s (%d of %d)", text, wait_s, tries, retries.times)
        yield Pause(wait_s)


def begins_at(status: int, headers: Mapping[str, str]) -> int | None:
    """Return from which byte on an answer holds a file; None where it holds none."""
    if status == 200:
        return 0
    found = _RANGE.match(headers.get("content-range", "")) if status == 206 else None
    return int(found[1]) if found else None


def _problem(access: Access, url: str, answer: Received, sink: Sink, mark: str, *, is_last: bool) -> str:
    """Return what is wrong with a download, '' for nothing. Raises ResultExpiredError.

    `mark` is that of the file of which a part was asked for.
    """
    status = answer.status
    if _is_other(answer, mark):
        return "a part came of another file than the one begun"
    if answer.cut:
        return f"it broke off after {sink.size} bytes ({answer.cut})"
    if status in _GONE or (status == 404 and is_last):
        hours = access.contract.lifecycle.asset_life_ms / 3_600_000
        text = f"the result is there no more (HTTP {status}); {access.provider} keeps results for {hours:g} hours"
        raise ResultExpiredError(f"{text}: download soon after the end", provider=access.provider)
    if status == 416 or (status == 206 and begins_at(status, answer.headers) is None):
        return f"HTTP {status} where a part was asked for"
    if status not in (200, 206):
        to = _shown(urljoin(url, answer.headers.get("location", "")))
        return f"HTTP {status}" + (f"; redirects are not followed (to {to})" if 300 <= status < 400 else "")
    total = _total(answer)
    if total is not None and sink.size != total:
        return f"it has {sink.size} bytes; expected {total}"
    return sink.problem(answer.headers.get("content-type", ""))


def _is_final(answer: Received) -> bool:
    return not answer.cut and answer.status not in (200, 206, 416, *_PASSING)


def _total(answer: Received) -> int | None:
    found = _RANGE.match(answer.headers.get("content-range", "")) if answer.status == 206 else None
    if found:
        return int(found[2]) if found[2] != "*" else None
    length = answer.headers.get("content-length", "")
    return int(length) if length.isdecimal() and not answer.headers.get("content-encoding") else None


def _mark(headers: Mapping[str, str]) -> str:
    """Return what tells this file from another at the same URL: a strong ETag, else the time of its last change.

    '' for a compressed answer too: what was written is not what a part is counted by.
    """
    if headers.get("content-encoding"):
        return ""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') else headers.get("last-modified", "")


def _is_other(answer: Received, mark: str) -> bool:
    """Whether a part says that it is of another file than the one that `mark` stands for, whatever If-Range asked."""
    name = "etag" if mark.startswith('"') else "last-modified"
    return bool(mark) and answer.status == 206 and answer.headers.get(name, mark) != mark


def _shown(url: str) -> str:
    """Return a URL without its query, which often holds a signature."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "a URL that cannot be read"
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
