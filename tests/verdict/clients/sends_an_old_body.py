# check: contract_violation_in_request; provider: kie; scenarios: success
"""The body is that of another model."""

import sys

from careful import Careful


class Careless(Careful):
    body = {"model": "hailuo/2-3-image-to-video-standard", "prompt": "A boat", "duration": "five"}


sys.exit(Careless().main())
