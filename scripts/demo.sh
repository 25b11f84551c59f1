#!/usr/bin/env bash
# The main job, end to end; see demo.py. From a bare clone with Python 3.11+ and pip; installs what it needs
# into .venv-scripts (a torch of the calling interpreter is used, else the pinned one is installed).
# Arguments go to demo.py: --quick, --out FOLDER.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/_bootstrap.sh
bootstrap all
exec "$PYTHON" scripts/demo.py "$@"
