"""The pytest plugin: a doorway to the mock. It has no public names yet."""

__all__: list[str] = []
