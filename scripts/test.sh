#!/usr/bin/env bash
# The whole test suite: ruff, mypy, import-linter, README tables, API pages, pytest. From a bare clone with
# Python 3.11+ and pip; installs what it needs into .venv-scripts. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/_bootstrap.sh
bootstrap dev
bin=$(dirname "$PYTHON")
export OMP_NUM_THREADS=1 # the tests run in two processes instead

echo "== ruff"
"$bin/ruff" check lgt lcnn tests scripts
"$bin/ruff" format --check lgt lcnn tests scripts
echo "== mypy"
"$bin/mypy"
echo "== import contracts"
"$bin/lint-imports"
echo "== README tables"
"$PYTHON" scripts/readme_tables.py --check
echo "== API pages"
"$PYTHON" scripts/build_docs.py
echo "== pytest"
"$PYTHON" -m pytest -n 2 --dist worksteal "$@"
