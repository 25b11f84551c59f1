#!/usr/bin/env bash
# The whole test suite: ruff, mypy, import-linter, README tables, API pages, pytest. From a bare clone with
# Python 3.11+ and pip; installs what it needs into .venv-scripts. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/_bootstrap.sh
bootstrap dev
export OMP_NUM_THREADS=1 # the tests run in two processes instead

echo "== ruff"
"$PYTHON" -m ruff check lgt lcnn tests scripts
"$PYTHON" -m ruff format --check lgt lcnn tests scripts
echo "== mypy"
"$PYTHON" -m mypy
echo "== import contracts"
"$PYTHON" -c "from importlinter.cli import lint_imports_command as main; main()"
echo "== README tables"
"$PYTHON" scripts/readme_tables.py --check
echo "== API pages"
"$PYTHON" scripts/build_docs.py
echo "== pytest"
"$PYTHON" -m pytest -n 2 --dist worksteal "$@"
