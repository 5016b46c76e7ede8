"""Write the clip that stands for every video where PyAV is not installed. Needs PyAV; run it when media.py changes."""

from mockreel.domain.assets import Output
from mockreel.server.media import FALLBACK, render_video

MAX_BYTES = 30_000

if __name__ == "__main__":
    try:
        import av  # noqa: F401 - without it render_video would give us the old clip
    except ImportError:
        raise SystemExit("PyAV is missing: pip install 'mockreel[media]'") from None
    clip = render_video(Output(duration_s=5, width=640, height=360), hue=210)
    if len(clip) > MAX_BYTES:
        raise SystemExit(f"{len(clip)} bytes; the clip is shipped in the package and may have {MAX_BYTES}")
    FALLBACK.parent.mkdir(exist_ok=True)
    FALLBACK.write_bytes(clip)
    print(f"wrote {FALLBACK} ({len(clip)} bytes)")
