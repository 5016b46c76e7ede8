"""Hypothesis strategies made from the contracts: requests, task histories, callbacks, faults, errors.

>>> from mockreel.strategies import valid_requests
>>> @given(valid_requests("kie"))
>>> def test_every_request_is_accepted(body): ...

A provider is a shipped one's name or a Contract. Needs mockreel[testing].
"""

try:
    import hypothesis as _hypothesis
except ImportError as error:
    raise ImportError("mockreel.strategies needs hypothesis: pip install 'mockreel[testing]'") from error

from mockreel.strategies.callbacks import Delivery, callback_sequences
from mockreel.strategies.errors import ErrorAnswer, error_answers
from mockreel.strategies.histories import History, task_histories
from mockreel.strategies.requests import Invalid, invalid_requests, rules, valid_requests
from mockreel.strategies.rule import Rule
from mockreel.strategies.schedules import fault_schedules
from mockreel.strategies.texts import READABLE

del _hypothesis

__all__ = [
    "READABLE",
    "Delivery",
    "ErrorAnswer",
    "History",
    "Invalid",
    "Rule",
    "callback_sequences",
    "error_answers",
    "fault_schedules",
    "invalid_requests",
    "rules",
    "task_histories",
    "valid_requests",
]
