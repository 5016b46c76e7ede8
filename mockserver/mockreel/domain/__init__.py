"""The engine: pure. It reads no clock, does no I/O and knows no web framework; the world is handed in."""
