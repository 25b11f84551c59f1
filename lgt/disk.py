"""Locks of files and folders, and what the system says is wrong with them, in words for people."""

from __future__ import annotations

import errno
import re

NO_SUPPORT = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENOTTY)
"""What a file system answers that cannot do a thing at all."""


def lock(descriptor: int) -> bool:
    """Lock an open file or folder for this process; False if another one has locked it.

    The system releases the lock once the descriptor is closed, and so when the process ends in any way.
    Where there are no locks, on Windows and some network file systems, it is True all the same.

    Raises
    ------
    OSError
        If the disk fails.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first, second = os.open(folder, os.O_RDONLY), os.open(folder, os.O_RDONLY)
    ...     print(lock(first), lock(second))
    ...     os.close(first)
    ...     print(lock(second))
    ...     os.close(second)
    True False
    True
    """
    try:
        import fcntl  # not on Windows
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        if error.errno not in (*NO_SUPPORT, errno.ENOLCK):
            raise
    return True


def reason(error: Exception) -> str:
    """What HDF5, the system or a text's encoding says is wrong, without numbers, file names and flags.

    Examples
    --------
    >>> reason(FileNotFoundError(2, "No such file or directory", "x.h5"))
    'No such file or directory'
    >>> reason(OSError("Unable to open file (name = 'x', errno = 13, error message = 'Permission denied')"))
    'Permission denied'
    >>> reason(OSError("Unable to synchronously open file (file signature not found)"))
    'file signature not found'
    """
    if isinstance(error, UnicodeDecodeError):
        return "bytes that are no UTF-8 text"
    told = error.strerror if isinstance(error, OSError) else None
    text = " ".join(str(told or error).split())
    inner = re.search(r"error message = '([^']*)'", text) or re.search(r"\(([^()]*)\)$", text)
    return inner[1] if inner else re.sub(r"^\[Errno \d+\] ", "", text)
