"""glibc's allocator told to keep what is freed.

A training step frees and asks for the same hundreds of megabytes again. By default glibc gives large blocks back to
the system at once, and the pages are zeroed when they are touched next: on two CPU cores that was a quarter of a step
(6,000 against 7,800 tokens a second, eager). On a GPU, or with another C library, nothing changes.
"""

from __future__ import annotations

import ctypes
import platform

# From glibc's <malloc.h>: mallopt(3).
_M_TRIM_THRESHOLD = -1
_M_MMAP_MAX = -4
_MOST = 2**31 - 1


def keep_freed_memory() -> bool:
    """Keep freed memory for this process's next requests; tells whether the allocator knows how."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_MAX, 0)) and bool(mallopt(_M_TRIM_THRESHOLD, _MOST))
