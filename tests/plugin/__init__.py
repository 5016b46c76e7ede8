"""The pytest plugin, as the tests of a project see it."""
