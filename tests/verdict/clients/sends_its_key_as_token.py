# check: auth_header_wrong; provider: kie; scenarios: success
"""The header has another name."""

import sys

from careful import Careful


class Careless(Careful):
    headers = ("X-API-Key", "{key}")


sys.exit(Careless().main())
