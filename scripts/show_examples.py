"""Write the files of docs/examples into the pages that show them.

A page shows a file in a block that begins with ```python title="docs/examples/NAME.py". `--check` writes nothing; it
names the pages that are out of date and exits 1 when there are any.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r'(```python title="(docs/examples/[\w/]+\.py)"\n).*?(^```$)', re.DOTALL | re.MULTILINE)


def shown(page: str) -> str:
    """Return a page with the files that it shows as they are now. Raises FileNotFoundError."""
    return BLOCK.sub(lambda found: f"{found[1]}{(ROOT / found[2]).read_text('utf-8')}{found[3]}", page)


def main() -> int:
    """Write the pages, or compare them."""
    stale = 0
    for path in sorted((ROOT / "docs").rglob("*.md")):
        page = path.read_text("utf-8")
        if (wanted := shown(page)) == page:
            continue
        stale += 1
        if "--check" in sys.argv:
            print(f"{path.relative_to(ROOT)} is out of date; run scripts/fix", file=sys.stderr)
        else:
            path.write_text(wanted, "utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if "--check" in sys.argv and stale else 0


if __name__ == "__main__":
    sys.exit(main())
