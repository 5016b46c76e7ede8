"""Result files made on demand: H.264 clips and PNG covers that play, of the size and length asked for."""

from __future__ import annotations

import colorsys
import struct
import tempfile
import zlib
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from mockreel.domain.assets import Output

FALLBACK = Path(__file__).parent / "clips" / "fallback.mp4"
"""Stands for every video where PyAV (`mockreel[media]`) is not installed: 5 seconds of 640x360."""

_CACHED_VIDEOS = 32
_SHADES = 12  # steps of the background, from top to bottom
_X264 = {
    "preset": "ultrafast",
    "qp": "30",  # constant, as the picture needs no rate control
    "threads": "1",  # the bytes would depend on the number of cores
    "x264-params": "keyint=infinite:scenecut=0",
}

Color = tuple[int, int, int]
Band = tuple[int, list[tuple[int, Color]]]
"""So many equal rows, each of (columns, RGB) from left to right."""


def render_video(output: Output, *, hue: int) -> bytes:
    """Return an MP4 of exactly `output`: a bar that moves across and a strip that fills, in the color `hue` (0 to 359).

    The same arguments give the same bytes. Without PyAV it is the fallback clip. Ten seconds of 1080p take
    some 100 ms: call it outside the event loop.
    """
    try:
        return _encoded(output, hue)
    except ImportError:
        return FALLBACK.read_bytes()


def render_cover(width: int, height: int, hue: int) -> bytes:
    """Return a PNG of the middle of the video."""
    rows = b"".join(
        (b"\0" + b"".join(bytes(color) * columns for columns, color in spans)) * count
        for count, spans in _picture(width, height, hue, Fraction(1, 2))
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits, RGB
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


@lru_cache(maxsize=_CACHED_VIDEOS)
def _encoded(output: Output, hue: int) -> bytes:
    import av
    from av.video.reformatter import ColorRange, Colorspace

    duration_s = max(Fraction(output.duration_s).limit_denominator(1000), Fraction(1, 1000))
    count = max(1, round(duration_s * output.fps))
    rate = count / duration_s  # the asked frames a second, but for lengths that are no whole number of frames
    with tempfile.TemporaryDirectory(prefix="mockreel-") as folder:
        path = Path(folder) / "video.mp4"  # a file, since faststart opens its output a second time
        with av.open(str(path), "w", options={"movflags": "faststart", "fflags": "+bitexact"}) as container:
            stream = container.add_stream("libx264", rate=rate, options=_X264)
            stream.width, stream.height, stream.pix_fmt = output.width, output.height, "yuv420p"
            stream.time_base = stream.codec_context.time_base = 1 / rate
            stream.codec_context.colorspace = Colorspace.ITU709
            stream.codec_context.color_range = ColorRange.MPEG
            for index in range(count):
                frame = av.VideoFrame(output.width, output.height, "yuv420p")
                bands = _picture(output.width, output.height, hue, Fraction(index, max(count - 1, 1)))
                for channel, plane in enumerate(frame.planes):
                    _paint(memoryview(plane).cast("B"), plane.line_size, bands, channel)
                frame.pts, frame.time_base = index, 1 / rate
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path.read_bytes()


def _picture(width: int, height: int, hue: int, progress: Fraction) -> list[Band]:
    """Return the picture at `progress` (0 to 1). Bands and columns are even, as 4:2:0 needs, where the size is."""
    strip = min(_even(height / 16) or 2, height)
    bar = min(_even(width / 10) or 2, width)
    left = _even(float((width - bar) * progress))
    filled = min(_even(float(width * progress)), width)
    bright = _rgb(hue + 180, 0.62)
    edges = [_even((height - strip) * step / _SHADES) for step in range(_SHADES)] + [height - strip]
    bands: list[Band] = []
    for step in range(_SHADES):
        shade = _rgb(hue, 0.22 + 0.3 * step / _SHADES)
        bands.append((edges[step + 1] - edges[step], [(left, shade), (bar, bright), (width - bar - left, shade)]))
    return [*bands, (strip, [(filled, (235, 235, 235)), (width - filled, (40, 40, 40))])]


def _paint(plane: memoryview, stride: int, bands: list[Band], channel: int) -> None:
    """Fill the Y, U or V plane (channel 0, 1, 2) of a picture, rows padded to `stride`."""
    part = 2 if channel else 1  # color has half the lines and columns
    start = 0
    for count, spans in bands:
        row = b"".join(bytes((_yuv(color)[channel],)) * (columns // part) for columns, color in spans)
        end = start + stride * (count // part)
        plane[start:end] = row.ljust(stride, b"\0") * (count // part)
        start = end


@lru_cache(maxsize=1024)
def _yuv(color: Color) -> Color:
    """Convert RGB to BT.709 with the limited range of video."""
    red, green, blue = (value / 255 for value in color)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        round(16 + 219 * luma),
        round(128 + 224 * (blue - luma) / 1.8556),
        round(128 + 224 * (red - luma) / 1.5748),
    )


def _rgb(hue: float, lightness: float) -> Color:
    red, green, blue = colorsys.hls_to_rgb(hue % 360 / 360, lightness, 0.55)
    return round(red * 255), round(green * 255), round(blue * 255)


def _even(pixels: float) -> int:
    return int(pixels / 2) * 2
