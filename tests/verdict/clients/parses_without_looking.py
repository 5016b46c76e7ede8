# check: malformed_body_crash; provider: kie; scenarios: malformed_answers
"""What is no JSON ends the program."""

import sys

from careful import Careful


class Careless(Careful):
    def look(self, task_id):
        try:
            return super().look(task_id)
        except ValueError as error:
            raise RuntimeError("bad answer") from error

    def run(self):
        self.download(self.wait(self.create())[0], "")


sys.exit(Careless().main())
