# check: unknown_state_fatal; provider: kie; scenarios: unknown_state_twice
"""A state that is not in the table ends the program."""

import sys
from enum import Enum

from careful import Careful


class State(Enum):
    WAITING = "waiting"
    QUEUING = "queuing"
    GENERATING = "generating"
    SUCCESS = "success"
    FAIL = "fail"


class Careless(Careful):
    def look(self, task_id):
        record = super().look(task_id)
        try:
            State(record["state"])
        except ValueError as error:
            sys.exit(str(error))
        return record


sys.exit(Careless().main())
