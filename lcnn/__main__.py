"""``python -m lcnn``: the same as the command ``lcnn``."""

import os
import sys

from lcnn.cli import main

if __name__ == "__main__":
    try:
        main()
    except SystemExit as end:
        if os.environ.get("WORLD_SIZE", "1") == "1":
            raise
        # One of several processes: gloo's threads of a lost one can abort the interpreter while it takes
        # itself apart, and the exit status would be lost.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))
