"""Videos and covers are real files of the size and length asked for."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import sys
from fractions import Fraction
from typing import Any

import pytest

from mockreel.domain.assets import Output
from mockreel.server import media

OUTPUTS = [
    Output(duration_s=5, width=1280, height=720),
    Output(duration_s=6, width=1366, height=768),
    Output(duration_s=10, width=1080, height=1920),
    Output(duration_s=1, width=480, height=480, fps=24),
    Output(duration_s=16, width=960, height=540),
    Output(duration_s=2, width=2, height=2),
]
ODD_LENGTHS = [Output(duration_s=2.1, width=640, height=360), Output(duration_s=0.1, width=64, height=64)]


def shape(output: Output) -> str:
    return f"{output.width}x{output.height}-{output.duration_s:g}s"


def probe(video: bytes) -> dict[str, Any]:
    av = pytest.importorskip("av")
    with av.open(io.BytesIO(video)) as container:
        stream = container.streams.video[0]
        frames = [frame.pts * frame.time_base for frame in container.decode(video=0)]
        return {
            "codec": stream.codec_context.name,
            "pixels": stream.codec_context.pix_fmt,
            "size": (stream.width, stream.height),
            "rate": stream.average_rate,
            "duration_s": float(stream.duration * stream.time_base),
            "container_s": container.duration / 1_000_000,
            "frames": len(frames),
            "begins_at": frames[0],
        }


@pytest.mark.parametrize("output", OUTPUTS, ids=shape)
def test_a_video_has_the_codec_size_rate_and_length_asked_for(output: Output) -> None:
    assert probe(media.render_video(output, hue=120)) == {
        "codec": "h264",
        "pixels": "yuv420p",
        "size": (output.width, output.height),
        "rate": output.fps,
        "duration_s": output.duration_s,
        "container_s": output.duration_s,
        "frames": output.duration_s * output.fps,
        "begins_at": 0,
    }


@pytest.mark.parametrize("output", ODD_LENGTHS, ids=shape)
def test_a_length_that_is_no_whole_number_of_frames_is_kept_exactly(output: Output) -> None:
    found = probe(media.render_video(output, hue=0))
    assert found["duration_s"] == found["container_s"] == output.duration_s
    assert found["rate"] == Fraction(found["frames"]) / Fraction(str(output.duration_s))


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize("output", [OUTPUTS[0], OUTPUTS[2]], ids=shape)
def test_ffprobe_agrees(output: Output) -> None:
    pytest.importorskip("av")
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-i", "pipe:0"]
    video = media.render_video(output, hue=200)
    done = subprocess.run(command, input=video, capture_output=True, check=True)
    assert done.stderr == b""
    found = json.loads(done.stdout)
    stream = found["streams"][0]
    shown = (stream["codec_name"], stream["width"], stream["height"], stream["avg_frame_rate"], stream["pix_fmt"])
    assert shown == ("h264", output.width, output.height, f"{output.fps}/1", "yuv420p")
    assert float(stream["duration"]) == float(found["format"]["duration"]) == output.duration_s


def test_a_video_can_play_while_it_loads() -> None:
    pytest.importorskip("av")
    boxes = list(box_names(media.render_video(OUTPUTS[0], hue=1)))
    assert boxes.index("moov") < boxes.index("mdat")


def test_ten_seconds_of_1080p_are_small() -> None:
    pytest.importorskip("av")
    assert len(media.render_video(Output(duration_s=10, width=1920, height=1080), hue=33)) < 300_000


def test_the_picture_moves_and_its_color_tells_tasks_apart() -> None:
    av = pytest.importorskip("av")
    output = Output(duration_s=2, width=320, height=180)
    pictures = {}
    for hue in (0, 120):
        with av.open(io.BytesIO(media.render_video(output, hue=hue))) as container:
            pictures[hue] = [b"".join(bytes(plane) for plane in frame.planes) for frame in container.decode(video=0)]
    assert len(set(pictures[0])) == output.duration_s * output.fps
    assert not set(pictures[0]) & set(pictures[120])


def test_the_same_arguments_give_the_same_bytes_without_the_cache_too() -> None:
    pytest.importorskip("av")
    output = Output(duration_s=1, width=320, height=180)
    first = media.render_video(output, hue=7)
    assert media.render_video(output, hue=7) is first
    media._encoded.cache_clear()
    assert media.render_video(output, hue=7) == first


def test_at_most_32_videos_are_kept() -> None:
    pytest.importorskip("av")
    media._encoded.cache_clear()
    for hue in range(40):
        media.render_video(Output(duration_s=1, width=16, height=16), hue=hue)
    assert media._encoded.cache_info().currsize == 32


def test_without_pyav_the_shipped_clip_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    media._encoded.cache_clear()
    monkeypatch.setitem(sys.modules, "av", None)
    assert media.render_video(OUTPUTS[2], hue=9) == media.FALLBACK.read_bytes()


def test_the_shipped_clip_is_small_and_plays() -> None:
    clip = media.FALLBACK.read_bytes()
    assert len(clip) < 30_000
    found = probe(clip)
    assert (found["codec"], found["size"], found["duration_s"], found["frames"]) == ("h264", (640, 360), 5.0, 20)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1080, 1920), (2, 2), (101, 33)])
def test_a_cover_is_a_png_of_the_size_asked_for(width: int, height: int) -> None:
    av = pytest.importorskip("av")
    cover = media.render_cover(width, height, 120)
    with av.open(io.BytesIO(cover)) as container:
        frame = next(container.decode(video=0))
        assert (frame.width, frame.height, frame.format.name) == (width, height, "rgb24")
        assert container.streams.video[0].codec_context.name == "png"
        assert len(list(container.decode(video=0))) == 0


def test_a_cover_needs_no_pyav(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    cover = media.render_cover(1920, 1080, 300)
    assert struct.unpack(">8s4x4sII", cover[:24]) == (b"\x89PNG\r\n\x1a\n", b"IHDR", 1920, 1080)


def test_importing_media_imports_no_pyav() -> None:
    code = "import sys, mockreel.server.media; sys.exit('av' in sys.modules or 'fastapi' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def box_names(video: bytes) -> list[str]:
    names, at = [], 0
    while at < len(video):
        size, name = struct.unpack(">I4s", video[at : at + 8])
        names.append(name.decode("ascii"))
        at += size
    return names
