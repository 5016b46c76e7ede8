"""The reference client. It reads the contracts and never imports the server; it has no public names yet."""

__all__: list[str] = []
