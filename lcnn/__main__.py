"""``python -m lcnn``: the same as the command ``lcnn``."""

from lcnn.cli import main

if __name__ == "__main__":
    main()
