"""The pytest plugin: a doorway to the mock, which it imports when a test asks for it."""

__all__: list[str] = []
