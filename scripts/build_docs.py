"""Build the API pages from the docstrings into docs-html/ (pdoc); a warning or a broken reference fails.

Under a minute. Usage: python scripts/build_docs.py [FOLDER]
"""

from __future__ import annotations

import pkgutil
import re
import shutil
import sys
import warnings
from pathlib import Path

import pdoc
import pdoc.render

import lcnn
import lgt


def public_modules() -> list[str]:
    """Both packages and every module in them that users meet: no machine room, nothing with a _."""
    names = ["lgt", "lcnn"]
    for package in (lgt, lcnn):
        found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        names += [
            module.name
            for module in found
            if not any(part[0] == "_" or part == "kernels" for part in module.name.split("."))
        ]
    return names


def broken_links(folder: Path) -> list[str]:
    """Links between the pages that point at no page or at no anchor of it."""
    pages = {page: page.read_text(encoding="utf-8") for page in folder.rglob("*.html")}
    anchors = {page: set(re.findall(r'\bid="([^"]+)"', text)) for page, text in pages.items()}
    broken = []
    for page, text in pages.items():
        for target in re.findall(r'href="([^":$]+)"', text):
            name, _, anchor = target.partition("#")
            other = (page.parent / name).resolve() if name else page
            missing_page = other not in pages and not other.exists()
            missing_anchor = anchor and other in anchors and anchor not in anchors[other]
            if missing_page or missing_anchor:
                broken.append(f"{page.relative_to(folder)}: {target}")
    return broken


def main() -> int:
    """Build, then check the links."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs-html").resolve()
    warnings.simplefilter("error")
    # pdoc finds the modules of a package without __all__ by itself, of one with __all__ it does not.
    warnings.filterwarnings("ignore", message=".*has already been added", category=UserWarning)
    # Signatures that a decorator or NamedTuple made name their types out of reach; they print all the same.
    warnings.filterwarnings("ignore", message="Error parsing type annotation", category=UserWarning)
    shutil.rmtree(folder, ignore_errors=True)
    pdoc.render.configure(docformat="numpy", math=True)
    pdoc.pdoc(*public_modules(), output_directory=folder)
    broken = broken_links(folder)
    for line in broken:
        print(f"broken reference: {line}")
    print(f"{sum(1 for _ in folder.rglob('*.html'))} pages in {folder.name}/")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
