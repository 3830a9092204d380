"""numpy's fastest sorts, without those that are slow on AMD's Zen 4.

numpy sorts by AVX-512 where a CPU has it. On Zen 4 an instruction of that sort (`vpcompressd` to memory) is microcoded,
and sorting by AVX2 is six times as fast (numpy/x86-simd-sort issue 6), which a cold index sees. numpy reads what it
shall not use from the environment when it is imported, and processes that are started inherit it.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path

UNUSED = "NPY_DISABLE_CPU_FEATURES"
"""Names what numpy shall not use; whoever has set it knows better."""

_AVX512 = "X86_V4"
_ZEN_3_AND_4 = "25"
_ENOUGH = 4096
"""Characters that tell all about the first CPU: the file has as many parts as the machine has CPUs."""


def avoid_slow_sorts(environment: MutableMapping[str, str], cpuinfo: Path = Path("/proc/cpuinfo")) -> None:
    """Set `environment` for a numpy that is not imported yet; where the CPU is another or not known, not at all."""
    try:
        with cpuinfo.open(encoding="utf-8", errors="replace") as file:
            first = file.read(_ENOUGH).partition("\n\n")[0]
    except OSError:
        return
    facts = dict(re.findall(r"(?m)^(\S[^\t:]*?)\s*:\s*(.*?)\s*$", first))
    is_zen = facts.get("vendor_id") == "AuthenticAMD" and facts.get("cpu family") == _ZEN_3_AND_4
    if is_zen and "avx512f" in facts.get("flags", "").split():
        environment.setdefault(UNUSED, _AVX512)
