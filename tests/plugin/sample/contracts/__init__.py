"""The project's own agreements."""

MODEL = "hailuo/2-3-image-to-video-standard"
POLL_S = 10
