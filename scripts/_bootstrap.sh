# Sourced by demo.sh and test.sh. `bootstrap EXTRA` leaves in $PYTHON an interpreter of the project's own
# virtual environment that has the package with that extra, at the versions of constraints.txt.
# A torch that the calling interpreter has is used, else the pinned one is installed.

bootstrap() {
    local extra=$1 root caller venv stamp constraints torch_home
    root=$(pwd)
    caller=${LGT_PYTHON:-python3}
    "$caller" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "Python 3.11 or newer is needed; found $("$caller" --version). Set LGT_PYTHON to one." >&2
        return 2
    }
    venv=$root/.venv-scripts
    torch_home=$("$caller" - <<'PY' 2>/dev/null || true
import importlib.metadata, pathlib, re
try:
    version = importlib.metadata.version("torch")
    if tuple(map(int, re.findall(r"\d+", version)[:2])) >= (2, 6):
        print(pathlib.Path(importlib.metadata.distribution("torch").locate_file("")).resolve())
except importlib.metadata.PackageNotFoundError:
    pass
PY
)
    stamp=$(cat pyproject.toml scripts/constraints.txt | cksum)\ $extra\ $("$caller" -V)\ $torch_home
    if [ "$(cat "$venv/stamp" 2>/dev/null)" != "$stamp" ]; then
        echo "preparing $venv (once; downloads what is missing)" >&2
        rm -rf "$venv"
        "$caller" -m venv "$venv"
        constraints=$venv/constraints.txt
        if [ -n "$torch_home" ]; then
            # A .pth file also reaches the packages of a calling virtual environment, which
            # --system-site-packages would not.
            echo "$torch_home" > "$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/caller-torch.pth"
            grep -v '^torch==' scripts/constraints.txt > "$constraints"
        else
            cp scripts/constraints.txt "$constraints"
        fi
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
            --constraint "$constraints" --editable ".[$extra]"
        echo "$stamp" > "$venv/stamp"
    fi
    PYTHON=$venv/bin/python
}
