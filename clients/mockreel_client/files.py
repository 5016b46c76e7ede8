"""A file that is there whole or not at all, and a look whether it is what it claims to be."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO, Self

_SIGNS = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"GIF8": "gif",
    b"\x1aE\xdf\xa3": "webm",
    b"ID3": "mpeg",
}
_SUFFIXES = {"mp4": ".mp4", "quicktime": ".mov", "webm": ".webm", "png": ".png", "jpeg": ".jpg", "webp": ".webp"}
_MOST_BOXES = 100_000  # that are walked; one of a film's many pieces is two
_LONGEST = 200  # bytes; file systems take names of 255
_NO_MEDIA = ("text/", "application/json", "application/xml", "application/problem+json")


class PartFile:
    """Bytes beside their destination, under a name of their own until `keep` renames them in one step.

    Left without `keep`, as a context manager, the part is deleted.
    """

    def __init__(self, folder: Path) -> None:
        """Raises OSError where the folder cannot be written to."""
        self.path = folder / f".mockreel-{secrets.token_hex(8)}.part"
        self._file: BinaryIO = self.path.open("x+b")  # with the rights that any new file gets
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def begin(self, at: int) -> None:
        """Forget everything from byte `at` on."""
        self._file.truncate(at)
        self._file.seek(at)
        self.size = at

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._file.write(data)
        self.size += len(data)

    def problem(self, content_type: str) -> str:
        """Return what is wrong with the whole file, '' for nothing."""
        kind = content_type.partition(";")[0].strip().lower()
        self._file.seek(0)
        head = self._file.read(16)
        if head[4:8] == b"ftyp" and not kind.startswith("image/"):  # AVIF and HEIC begin so too
            return self._broken_boxes()
        if any(head.startswith(sign) for sign in _SIGNS) or (head[:4] == b"RIFF" and self._is_riff_whole(head)):
            return ""
        if not self.size:
            return "it is empty"
        if kind.startswith(_NO_MEDIA):
            return f"it is {kind}, no video and no image"
        if kind in ("video/mp4", "video/quicktime", "image/png", "image/jpeg", "image/webp", "image/gif", "video/webm"):
            return f"it claims to be {kind}, and does not begin as one"
        return ""

    def keep(self, path: Path) -> Path:
        """Put the file in its place, over one that is there."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self.path.replace(path)

    def _broken_boxes(self) -> str:
        """Walk the boxes of an MP4 (ISO/IEC 14496-12): they fill the file, and the index (moov) is among them."""
        at, boxes, has_index = 0, 0, False
        while at < self.size:
            boxes += 1
            self._file.seek(at)
            head = self._file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            elif length == 0:
                length = self.size - at
            if len(head) < 8 or length < 8 or at + length > self.size or boxes > _MOST_BOXES:
                return f"the MP4 is cut off or damaged at byte {at} of {self.size}"
            has_index = has_index or head[4:8] == b"moov"
            at += length
        return "" if has_index else "the MP4 has no index (moov)"

    def _is_riff_whole(self, head: bytes) -> bool:
        return int.from_bytes(head[4:8], "little") + 8 <= self.size


def folder_of(path: str | os.PathLike[str]) -> Path:
    """Return the folder that a file at `path`, or in it, will be in."""
    place = Path(path)
    return place if place.is_dir() else place.parent


def destination(path: str | os.PathLike[str], url: str, stem: str, content_type: str) -> Path:
    """Return where a file goes: `path`, or below it, if it is a folder, under the task's name and the URL's suffix."""
    place = Path(path)
    if not place.is_dir():
        return place
    suffix = Path(url.partition("?")[0].rpartition("/")[2]).suffix.lower()
    if not suffix.removeprefix(".").isalnum() or len(suffix) > 6:
        suffix = _SUFFIXES.get(content_type.partition(";")[0].rpartition("/")[2].strip().lower(), "")
    clean = "".join(character if character.isalnum() or character in "-_." else "_" for character in stem)
    short = clean.encode()[-_LONGEST:].decode("utf-8", "ignore")  # its end tells the results of one task apart
    return place / f"{short.lstrip('.') or 'result'}{suffix}"
