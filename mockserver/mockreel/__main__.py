"""`python -m mockreel`."""

import sys

from mockreel.cli import main

sys.exit(main())
