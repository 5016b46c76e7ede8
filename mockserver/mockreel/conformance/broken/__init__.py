"""Servers that are broken on purpose: what proves that the checks can fail."""

from mockreel.conformance.broken.broken import Broken
from mockreel.conformance.broken.corpus import all_broken, fitting, model_of
from mockreel.conformance.broken.server import BrokenServer

__all__ = ["Broken", "BrokenServer", "all_broken", "fitting", "model_of"]
