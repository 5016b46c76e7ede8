"""The project's own stand-in for another service."""

IMAGE = "https://example.com/boat.png"
