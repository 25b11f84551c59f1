"""The decorator of every kernel: numba with a disk cache that never serves stale machine code.

numba's own cache (``cache=True``) watches the file of the kernel alone. A kernel that calls functions of
other files would be served from the cache after an edit of those, and two processes that compile at the
same time can overwrite each other's numbered files. Here the name of a cache file is the hash of all that
decides its content, so it is right whenever it exists.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.serialize import dumps

F = TypeVar("F", bound=Callable[..., Any])

_ROOM = Path(__file__).parent


def kernel(function: F) -> F:
    """Compile `function` with numba: without the GIL, cached on disk, the same bits in every thread.

    No fast-math flags are set, so that the compiler neither reorders nor contracts floating-point
    operations; a division by zero gives inf or nan.

    Parameters
    ----------
    function
        A function of a module. It may call other kernels of this package, at any depth.

    Examples
    --------
    >>> @kernel
    ... def twice(x):
    ...     return 2 * x
    >>> twice(21)
    42
    """
    return _compiled(function)


def inline_kernel(function: F) -> F:
    """Like `kernel`, for small functions that LLVM is to inline into every caller."""
    return _compiled(function, forceinline=True)


def _compiled(function: F, **options: Any) -> F:
    compiled: Any = numba.njit(nogil=True, error_model="numpy", **options)(function)
    # Where no folder can be written, or the source is not a file, kernels compile anew at every start.
    # (Under NUMBA_DISABLE_JIT there is nothing to cache.)
    if compiled is not function:
        with contextlib.suppress(RuntimeError, OSError):
            compiled._cache = _KernelCache(function)
    return compiled  # type: ignore[no-any-return]


def source_stamp(function: Callable[..., Any]) -> str:
    """Hash of all sources on which the machine code of a kernel depends.

    These are the files of this package, the file that defines the kernel, the values of the global
    constants that it uses, and the same again for every kernel that it calls.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    own = Path(inspect.getfile(function))
    for path in (*sorted(_ROOM.glob("*.py")), own):
        digest.update(path.name.encode() + path.read_bytes())
    for name in sorted(set(_names(function.__code__))):
        value = function.__globals__.get(name)
        called = getattr(value, "_cache", None)
        if isinstance(called, _KernelCache):
            digest.update(f"{name} {called.stamp}".encode())
        elif isinstance(value, ModuleType) and _package(value.__name__) == _package(function.__module__):
            digest.update(name.encode() + Path(str(value.__file__)).read_bytes())
        elif isinstance(value, (bool, int, float, complex, str, tuple, np.generic)):
            digest.update(f"{name}={value!r}".encode())
    return digest.hexdigest()


def _package(module: str) -> str:
    return module.partition(".")[0]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


class _CacheFiles(IndexDataCacheFile):
    """One file for each kernel, stamp and signature, found by its name: no index that could go stale."""

    def __init__(self, folder: str, name: str, stamp: str) -> None:
        super().__init__(folder, name, stamp)
        self._folder, self._name, self._stamp = Path(folder), name, stamp[:16]

    def _file(self, key: Any) -> Path:
        # The key holds types and the processor; their text is the same in every process.
        return (
            self._folder
            / f"{self._name}.{self._stamp}-{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc"
        )

    def save(self, key: Any, data: Any) -> None:
        # A full disk must not stop a run that has just been compiled.
        with contextlib.suppress(OSError):
            for old in self._folder.glob(f"{self._name}.*.nbc"):
                if not old.name.startswith(f"{self._name}.{self._stamp}-"):
                    old.unlink(missing_ok=True)
            # Written under a temporary name and renamed, so that a reader sees all of it or nothing.
            with self._open_for_write(str(self._file(key))) as file:
                file.write(dumps(data))

    def load(self, key: Any) -> Any:
        try:
            return pickle.loads(self._file(key).read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError):  # absent, or damaged: compile anew
            return None

    def flush(self) -> None:
        for old in self._folder.glob(f"{self._name}.*.nbc"):
            old.unlink(missing_ok=True)


class _KernelCache(FunctionCache):
    """numba's cache of a function, with the stamp and the files above."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self.stamp = source_stamp(function)
        name = (
            f"{Path(inspect.getfile(function)).stem}.{function.__qualname__}.{sys.implementation.cache_tag}"
        )
        self._cache_file = _CacheFiles(self._cache_path, name.replace("<", "").replace(">", ""), self.stamp)
