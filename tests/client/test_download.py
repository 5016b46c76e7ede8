"""Downloads: a file is there whole and of its kind, or not at all, and the key goes to nobody but the provider."""

from __future__ import annotations

import gzip
import os
import stat
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockreel_client import DownloadError, ResultExpiredError, Retries, Task, files
from mockreel_contracts import Phase
from tests.client.calling import FreeClock, call

KINDS = pytest.mark.parametrize("kind", ["sync", "async"])
URL = "https://files.example/made/v.mp4?sig=secret-signature"


def box(name: bytes, content: bytes) -> bytes:
    """Return a box of an MP4 (ISO/IEC 14496-12): length, name, content."""
    return struct.pack(">I4s", 8 + len(content), name) + content


MP4 = box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", b"\1" * 500) + box(b"mdat", bytes(range(256)) * 40)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
VIDEO = {"content-type": "video/mp4"}


def task(*urls: str, id: str = "task_1") -> Task:  # noqa: A002 - the field's name
    return Task("vidu", id, "success", Phase.SUCCEEDED, urls=urls or (URL,))


class Stream(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise httpx2.ReadError("connection reset")

    async def __aiter__(self) -> Any:
        for chunk in self:
            yield chunk


class Host:
    """A host of files that gives its answers one after another, the last for ever."""

    def __init__(self, *answers: Any) -> None:
        self.requests: list[httpx2.Request] = []
        self.clock = FreeClock()
        self._answers = answers

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._answers[min(len(self.requests), len(self._answers) - 1)]
        self.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        made: httpx2.Response = answer(request)
        return made

    def download(self, kind: str, source: Any, path: Any, **keywords: Any) -> Path:
        transport = httpx2.MockTransport(self)
        http = httpx2.Client(transport=transport) if kind == "sync" else httpx2.AsyncClient(transport=transport)
        options = {"http_client": http, "retries": Retries(times=3)}
        found: Path = call(kind, "vidu", "download", source, path, clock=self.clock, options=options, **keywords)
        return found

    def fail(self, kind: str, path: Path, source: Any = None) -> DownloadError:
        """Return the error of a download, after a look that it has left nothing behind."""
        before = sorted(path.parent.iterdir())
        with pytest.raises(DownloadError) as caught:
            self.download(kind, source or task(), path)
        assert sorted(path.parent.iterdir()) == before
        return caught.value


def whole(content: bytes = MP4, **headers: str) -> Any:
    named = VIDEO | {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx2.Response(200, content=content, headers=named)


def cut(at: int, content: bytes = MP4, **headers: str) -> Any:
    named = VIDEO | {"content-length": str(len(content))} | {n.replace("_", "-"): v for n, v in headers.items()}
    return lambda _: httpx2.Response(200, stream=Stream(content[:at]), headers=named)


def part(at: int, content: bytes = MP4, *, of: str | None = None, begin: int | None = None, etag: str = '"1"') -> Any:
    where = f"bytes {at if begin is None else begin}-{len(content) - 1}/{of or len(content)}"
    headers = VIDEO | {"content-range": where, "etag": etag}
    return lambda _: httpx2.Response(206, content=content[at:], headers=headers)


def status(code: int, **headers: str) -> Any:
    return lambda _: httpx2.Response(code, text="<html>no</html>", headers=headers)


@KINDS
def test_a_whole_file_is_put_where_it_was_asked_for(kind: str, tmp_path: Path) -> None:
    host = Host(whole())
    path = host.download(kind, task(), tmp_path / "film.mp4")
    assert (path, path.read_bytes()) == (tmp_path / "film.mp4", MP4)
    assert [one.name for one in tmp_path.iterdir()] == ["film.mp4"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert len(host.requests) == 1


@KINDS
def test_the_key_is_not_sent_to_the_host_of_the_result(kind: str, tmp_path: Path) -> None:
    host = Host(cut(100, etag='"1"'), part(100))
    host.download(kind, task(), tmp_path)
    for request in host.requests:
        assert "authorization" not in request.headers
        assert "sk-" not in str(request.headers) + str(request.url)
        assert (request.method, str(request.url)) == ("GET", URL)
        assert (request.headers["accept"], request.headers["accept-encoding"]) == ("*/*", "identity")


@KINDS
@pytest.mark.parametrize(
    ("headers", "mark"),
    [
        ({"etag": '"1"', "last_modified": "Wed, 21 Oct 2026 07:28:00 GMT"}, '"1"'),
        ({"etag": 'W/"1"', "last_modified": "Wed, 21 Oct 2026 07:28:00 GMT"}, "Wed, 21 Oct 2026 07:28:00 GMT"),
        ({"last_modified": "Wed, 21 Oct 2026 07:28:00 GMT"}, "Wed, 21 Oct 2026 07:28:00 GMT"),
    ],
)
def test_what_was_cut_off_is_taken_up_where_it_stopped(
    headers: dict[str, str], mark: str, kind: str, tmp_path: Path
) -> None:
    host = Host(cut(1000, **headers), part(1000))
    assert host.download(kind, task(), tmp_path / "v.mp4").read_bytes() == MP4
    assert [(r.headers.get("range"), r.headers.get("if-range")) for r in host.requests] == [
        (None, None),
        ("bytes=1000-", mark),
    ]


@KINDS
def test_a_file_may_be_cut_more_than_once(kind: str, tmp_path: Path) -> None:
    def second(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-range": f"bytes 1000-{len(MP4) - 1}/{len(MP4)}", "etag": '"1"'}
        return httpx2.Response(206, stream=Stream(MP4[1000:3000]), headers=headers)

    host = Host(cut(1000, etag='"1"'), second, part(3000))
    assert host.download(kind, task(), tmp_path / "v.mp4").read_bytes() == MP4
    assert [request.headers.get("range") for request in host.requests] == [None, "bytes=1000-", "bytes=3000-"]


@KINDS
@pytest.mark.parametrize("headers", [{}, {"etag": 'W/"1"'}, {"etag": ""}])
def test_a_file_that_cannot_be_told_from_another_is_begun_again(
    headers: dict[str, str], kind: str, tmp_path: Path
) -> None:
    host = Host(cut(1000, **headers), whole())
    assert host.download(kind, task(), tmp_path / "v.mp4").read_bytes() == MP4
    assert [request.headers.get("range") for request in host.requests] == [None, None]


@KINDS
def test_a_host_without_ranges_and_a_file_that_has_changed_are_read_from_the_beginning(
    kind: str, tmp_path: Path
) -> None:
    """Either answers 200 to a request for a part."""
    other = box(b"ftyp", b"isom") + box(b"moov", b"\2" * 300)
    host = Host(cut(1000, etag='"1"'), whole(other, etag='"2"'))
    assert host.download(kind, task(), tmp_path / "v.mp4").read_bytes() == other
    assert host.requests[1].headers["range"] == "bytes=1000-"


@KINDS
@pytest.mark.parametrize(
    "misfit",
    [
        part(2000, begin=2000),
        part(1000, of="999"),
        lambda _: httpx2.Response(206, content=MP4[1000:], headers=VIDEO),
        lambda _: httpx2.Response(206, content=MP4[1000:], headers=VIDEO | {"content-range": "bytes */9"}),
        status(416),
        part(1000, etag='"2"'),
    ],
    ids=["a gap", "another size", "no range", "no part", "416", "another file"],
)
def test_a_part_that_does_not_fit_is_thrown_away_and_the_file_begun_again(
    misfit: Any, kind: str, tmp_path: Path
) -> None:
    host = Host(cut(1000, etag='"1"'), misfit, whole())
    assert host.download(kind, task(), tmp_path / "v.mp4").read_bytes() == MP4
    assert host.requests[2].headers.get("range") is None


@KINDS
def test_a_compressed_answer_is_not_taken_up_where_it_stopped(kind: str, tmp_path: Path) -> None:
    """What has been written is not what the bytes of a part are counted by."""
    squeezed = gzip.compress(MP4)
    host = Host(cut(len(squeezed) - 9, squeezed, etag='"1"', content_encoding="gzip"), whole())
    assert host.download(kind, task(), tmp_path / "v.mp4").read_bytes() == MP4
    assert host.requests[1].headers.get("range") is None


@KINDS
def test_an_image_may_begin_as_a_film_does(kind: str, tmp_path: Path) -> None:
    avif = box(b"ftyp", b"avif\0\0\0\0") + box(b"meta", b"\1" * 40) + box(b"mdat", b"\2" * 40)
    host = Host(lambda _: httpx2.Response(200, content=avif, headers={"content-type": "image/avif"}))
    assert host.download(kind, task(), tmp_path / "cover.avif").read_bytes() == avif


def test_a_film_of_nothing_but_pieces_is_not_walked_to_its_end(tmp_path: Path) -> None:
    with files.PartFile(tmp_path) as film:
        film.write(box(b"ftyp", b"isom") + box(b"free", b"") * 300_000 + box(b"moov", b"\1"))
        assert film.problem("video/mp4").startswith("the MP4 is cut off or damaged at byte 8000")


def test_making_a_file_leaves_the_rights_of_the_process_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The umask belongs to all threads: two that set it and set it back may leave it at 0."""
    asked: list[int] = []
    monkeypatch.setattr(os, "umask", asked.append)
    with files.PartFile(tmp_path) as film:
        film.write(MP4)
        film.keep(tmp_path / "v.mp4")
    assert asked == []


def test_an_event_loop_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    monkeypatch.setattr(os, "fsync", lambda _: threads.append(threading.current_thread()))
    Host(whole()).download("async", task(), tmp_path / "v.mp4")
    assert len(threads) == 1
    assert threads != [threading.main_thread()]


@KINDS
def test_a_host_name_that_no_resolver_can_write_is_a_failed_download(kind: str, tmp_path: Path) -> None:
    """What sockets raise for http://a..b/ and for a label of more than 63 characters."""
    error = Host(UnicodeError("label empty or too long")).fail(kind, tmp_path / "v.mp4")
    assert "UnicodeError: label empty or too long" in str(error)


@KINDS
def test_a_part_that_begins_earlier_overwrites_what_was_there(kind: str, tmp_path: Path) -> None:
    host = Host(cut(1000, etag='"1"'), part(400))
    assert host.download(kind, task(), tmp_path / "v.mp4").read_bytes() == MP4


@KINDS
def test_a_part_that_nobody_asked_for_is_no_file(kind: str, tmp_path: Path) -> None:
    assert "begins at byte 400; asked was for 0" in str(Host(part(400)).fail(kind, tmp_path / "v.mp4"))


@KINDS
@pytest.mark.parametrize(
    ("content", "kind_of_file", "why"),
    [
        (MP4[:-1], "video/mp4", f"the MP4 is cut off or damaged at byte 528 of {len(MP4) - 1}"),
        (MP4[:300], "video/mp4", "the MP4 is cut off or damaged at byte 20 of 300"),
        (MP4 + b"abc", "video/mp4", f"the MP4 is cut off or damaged at byte {len(MP4)} of {len(MP4) + 3}"),
        (box(b"ftyp", b"isom") + box(b"mdat", b"0"), "video/mp4", "the MP4 has no index (moov)"),
        (box(b"ftyp", b"isom") + b"\0\0\0\4moov", "video/mp4", "the MP4 is cut off or damaged at byte 12 of 20"),
        (b"", "video/mp4", "it is empty"),
        (b"not a video", "video/mp4", "it claims to be video/mp4, and does not begin as one"),
        (b"not a picture", "image/png", "it claims to be image/png, and does not begin as one"),
        (b"<html>Sign in</html>", "text/html; charset=utf-8", "it is text/html, no video and no image"),
        (b'{"code":404}', "application/json", "it is application/json, no video and no image"),
        (b"RIFF\xff\xff\0\0WEBP", "image/webp", "it claims to be image/webp, and does not begin as one"),
    ],
)
def test_a_file_that_is_not_what_it_claims_to_be_is_refused(
    content: bytes, kind_of_file: str, why: str, kind: str, tmp_path: Path
) -> None:
    host = Host(lambda _: httpx2.Response(200, content=content, headers={"content-type": kind_of_file}))
    error = host.fail(kind, tmp_path / "v.mp4")
    assert str(error) == f"the result at https://files.example/made/v.mp4 cannot be downloaded: {why}"
    assert len(host.requests) == 4  # it may have been read while it was written


@KINDS
def test_a_file_that_is_shorter_than_said_is_refused(kind: str, tmp_path: Path) -> None:
    def short(_: httpx2.Request) -> httpx2.Response:
        headers = VIDEO | {"content-length": str(len(MP4))}
        return httpx2.Response(200, stream=httpx2.ByteStream(MP4[:-8]), headers=headers)

    assert "it has 10768 bytes; expected 10776" in str(Host(short).fail(kind, tmp_path / "v.mp4"))


@KINDS
@pytest.mark.parametrize("code", [401, 403, 410, 404])
def test_an_expired_link_is_explained(code: int, kind: str, tmp_path: Path) -> None:
    host = Host(status(code))
    error = host.fail(kind, tmp_path / "v.mp4")
    assert isinstance(error, ResultExpiredError)
    assert str(error) == (
        f"the result is there no more (HTTP {code}); vidu keeps results for 24 hours: download soon after the end"
    )
    assert len(host.requests) == (4 if code == 404 else 1)


@KINDS
@pytest.mark.parametrize("code", [404, 408, 425, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(code: int, kind: str, tmp_path: Path) -> None:
    host = Host(status(code, **{"retry-after": "3"}), httpx2.ConnectError("refused"), whole())
    assert host.download(kind, task(), tmp_path / "v.mp4").read_bytes() == MP4
    assert (host.clock.slept, len(host.requests)) == ([3.25, 0.5], 3)


@KINDS
@pytest.mark.parametrize("code", [400, 402, 405, 451, 501])
def test_what_does_not_pass_is_not(code: int, kind: str, tmp_path: Path) -> None:
    host = Host(status(code))
    assert str(host.fail(kind, tmp_path / "v.mp4")) == (
        f"the result at https://files.example/made/v.mp4 cannot be downloaded: HTTP {code}"
    )
    assert len(host.requests) == 1


@KINDS
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_explained(code: int, kind: str, tmp_path: Path) -> None:
    host = Host(status(code, location="https://169.254.169.254/latest/?sig=secret-signature"))
    assert str(host.fail(kind, tmp_path / "v.mp4")) == (
        f"the result at https://files.example/made/v.mp4 cannot be downloaded: HTTP {code}; redirects are not followed "
        "(to https://169.254.169.254/latest/)"
    )
    assert len(host.requests) == 1


@KINDS
def test_a_failure_says_where_and_why_but_not_the_signature(kind: str, tmp_path: Path) -> None:
    host = Host(httpx2.ReadTimeout("timed out"))
    error = host.fail(kind, tmp_path / "v.mp4")
    assert str(error) == ("the result at https://files.example/made/v.mp4 cannot be downloaded: ReadTimeout: timed out")
    assert "secret-signature" not in repr(error)
    assert (error.provider, error.task, len(host.requests)) == ("vidu", task(), 4)


@KINDS
def test_the_budget_of_retries_ends_a_download_too(kind: str, tmp_path: Path) -> None:
    host = Host(status(503, **{"retry-after": "61"}))
    assert "HTTP 503" in str(host.fail(kind, tmp_path / "v.mp4"))
    assert len(host.requests) == 1


@KINDS
def test_a_file_that_was_there_is_kept_until_the_new_one_is_whole(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(b"old")
    Host(cut(1000)).fail(kind, path)
    assert path.read_bytes() == b"old"
    Host(whole()).download(kind, task(), path)
    assert path.read_bytes() == MP4


@KINDS
def test_nothing_is_left_when_the_download_is_interrupted(kind: str, tmp_path: Path) -> None:
    def interrupt(_: httpx2.Request) -> httpx2.Response:
        assert len(list(tmp_path.iterdir())) == 1  # the part
        raise LookupError("interrupted")

    with pytest.raises(LookupError, match="interrupted"):
        Host(interrupt).download(kind, task(), tmp_path / "v.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("source", "content_type", "content", "name"),
    [
        (task(), "video/mp4", MP4, "task_1.mp4"),
        (task("https://e.example/v.MP4?x=/y.png"), "video/mp4", MP4, "task_1.mp4"),
        (task("https://e.example/v"), "video/mp4; codecs=x", MP4, "task_1.mp4"),
        (task("https://e.example/"), "image/png", PNG, "task_1.png"),
        (task("https://e.example/v.p/../h"), "application/octet-stream", PNG, "task_1"),
        (task("https://e.example/v.mp4%00.exe"), "video/mp4", MP4, "task_1.exe"),
        (task(id="../../etc/passwd"), "video/mp4", MP4, "_.._etc_passwd.mp4"),
        (task(id="/etc/passwd"), "video/mp4", MP4, "_etc_passwd.mp4"),
        (task(id="a\\b:c*d\0e\nf"), "video/mp4", MP4, "a_b_c_d_e_f.mp4"),
        (task(id=".."), "video/mp4", MP4, "result.mp4"),
        (task(id=".hidden"), "video/mp4", MP4, "hidden.mp4"),
        (task(id="задача 1"), "video/mp4", MP4, "задача_1.mp4"),
        (task(id="x" * 400), "video/mp4", MP4, "x" * 200 + ".mp4"),
        (task(id="я" * 400), "video/mp4", MP4, "я" * 100 + ".mp4"),
        (URL, "video/mp4", MP4, "result.mp4"),
    ],
)
def test_in_a_folder_a_file_is_named_after_its_task_and_stays_there(
    source: Any, content_type: str, content: bytes, name: str, tmp_path: Path
) -> None:
    host = Host(lambda _: httpx2.Response(200, content=content, headers={"content-type": content_type}))
    folder = tmp_path / "films"
    folder.mkdir()
    assert host.download("sync", source, folder) == folder / name
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        f"films/{name}"
    ]


@KINDS
def test_each_result_of_a_task_has_a_file_of_its_own(kind: str, tmp_path: Path) -> None:
    source = task("https://e.example/a.mp4", "https://e.example/b.mp4")
    host = Host(whole())
    names = [host.download(kind, source, tmp_path, index=index).name for index in (0, 1)]
    assert (names, [str(r.url) for r in host.requests]) == (["task_1.mp4", "task_1-1.mp4"], list(source.urls))


@KINDS
@pytest.mark.parametrize(
    ("source", "index", "text"),
    [
        (task(), 1, "task task_1 (success) has 1 result; asked was for number 1"),
        (task(), -1, "task task_1 (success) has 1 result; asked was for number -1"),
        (Task("vidu", "T", "processing"), 0, "task T (processing) has 0 results; asked was for number 0"),
    ],
)
def test_a_result_that_is_not_there_is_not_asked_for(
    source: Task, index: int, text: str, kind: str, tmp_path: Path
) -> None:
    host = Host(whole())
    with pytest.raises(DownloadError) as caught:
        host.download(kind, source, tmp_path, index=index)
    assert (str(caught.value), caught.value.task, host.requests) == (text, source, [])
    assert list(tmp_path.iterdir()) == []


@KINDS
def test_a_folder_that_is_not_there_is_an_error_before_anything_is_fetched(kind: str, tmp_path: Path) -> None:
    host = Host(whole())
    with pytest.raises(OSError, match="nowhere"):
        host.download(kind, task(), tmp_path / "nowhere" / "v.mp4")
    assert host.requests == []


@KINDS
@pytest.mark.parametrize("timeout", [0, -1, "5", True, float("nan"), None])
def test_a_time_that_is_none_is_refused(timeout: Any, kind: str, tmp_path: Path) -> None:
    host = Host(whole())
    with pytest.raises(ValueError, match=r"^timeout is a number of seconds above 0; got "):
        host.download(kind, task(), tmp_path, timeout=timeout)
    assert (host.requests, list(tmp_path.iterdir())) == ([], [])
