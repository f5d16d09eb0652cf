"""``python -m cfncors``."""

import sys

from cfncors.cli import main

if __name__ == "__main__":
    sys.exit(main())
