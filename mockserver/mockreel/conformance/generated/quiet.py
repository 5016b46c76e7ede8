"""Schemathesis and Hypothesis as guests: they say nothing, leave nothing behind, and stop when they are told."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import hypothesis


class Stop(BaseException):
    """Carries an exception through Hypothesis, which takes any other for a failing test and tries it again."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


@contextmanager
def quietly() -> Iterator[None]:
    """Let Hypothesis work: its reports are dropped, its files go to a folder that is gone afterwards."""
    from hypothesis import configuration
    from hypothesis.reporting import with_reporter

    before = vars(configuration).get("__hypothesis_home_directory")
    with tempfile.TemporaryDirectory(prefix="mockreel-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        configuration.set_hypothesis_home_dir(folder)
        try:
            with with_reporter(lambda text: None):
                yield
        except Stop as stop:
            raise stop.reason from None
        finally:
            configuration.set_hypothesis_home_dir(before)


def settings(most: int, **more: Any) -> hypothesis.settings:
    """Return settings with which at most so many examples are made, and nothing is kept."""
    from hypothesis import HealthCheck, Phase, Verbosity
    from hypothesis import settings as made

    fixed: dict[str, Any] = {
        "max_examples": most,
        "database": None,
        "deadline": None,
        "derandomize": False,
        "phases": (Phase.generate,),
        "print_blob": False,
        "suppress_health_check": list(HealthCheck),
        "verbosity": Verbosity.quiet,
    }
    return made(**{**fixed, **more})
