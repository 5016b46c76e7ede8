"""Ranges, whatever is asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mockreel.domain.byterange import send

CONTENT = bytes(range(200))


@given(first=st.integers(0, 300), last=st.integers(0, 300))
def test_a_range_is_the_slice_it_names(first: int, last: int) -> None:
    answer = send(CONTENT, "video/mp4", {b"range": b"bytes=%d-%d" % (first, last)}, max_age_s=1)
    if last < first:
        assert (answer.status, answer.body) == (200, CONTENT)
    elif first >= len(CONTENT):
        assert (answer.status, dict(answer.headers)[b"content-range"]) == (416, b"bytes */200")
    else:
        assert (answer.status, answer.body) == (206, CONTENT[first : last + 1])


@given(st.binary(max_size=30))
def test_what_is_no_single_range_gets_the_whole_or_416(asked: bytes) -> None:
    assert send(CONTENT, "video/mp4", {b"range": asked}, max_age_s=1).status in (200, 206, 416)


def test_several_ranges_get_the_whole() -> None:
    assert send(CONTENT, "video/mp4", {b"range": b"bytes=0-1,4-5"}, max_age_s=1).status == 200


def test_an_empty_file_has_no_ranges() -> None:
    assert send(b"", "video/mp4", {b"range": b"bytes=0-"}, max_age_s=0).status == 416
    assert send(CONTENT, "video/mp4", {b"range": b"bytes=-0"}, max_age_s=0).status == 416
