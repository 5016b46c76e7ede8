"""`mockreel verify server`: does a server keep the contract?"""

from mockreel.conformance.bench import Unreachable
from mockreel.conformance.cases import one_test_per_check
from mockreel.conformance.check import Check, checks
from mockreel.conformance.target import Target, TargetError
from mockreel.conformance.verify import verify_server

__all__ = ["Check", "Target", "TargetError", "Unreachable", "checks", "one_test_per_check", "verify_server"]
