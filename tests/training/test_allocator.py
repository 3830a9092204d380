"""The allocator keeps what is freed, where there is a glibc."""

from __future__ import annotations

import platform
import subprocess
import sys

_PROBE = """
import resource
import sys
import torch
from coderdiff.training.allocator import keep_freed_memory

told = keep_freed_memory() if sys.argv[1] == "kept" else None
for _ in range(20):
    torch.zeros(64 << 20, dtype=torch.uint8).add_(1)
print(told, resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(how: str) -> tuple[str, int]:
    done = subprocess.run([sys.executable, "-c", _PROBE, how], capture_output=True, text=True, check=True)
    told, count = done.stdout.split()
    return told, int(count)


def test_freed_memory_is_used_again_without_new_pages() -> None:
    told, kept = faults("kept")
    assert told == str(platform.libc_ver()[0] == "glibc")
    if told == "True":
        assert kept < faults("as it is")[1] / 2
