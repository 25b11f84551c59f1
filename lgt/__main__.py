"""``python -m lgt``: the same as the command ``lgt``."""

from lgt.cli import main

if __name__ == "__main__":
    main()
