"""Whether the processor can do what the machine room is made of: fused multiply-adds."""

from __future__ import annotations

import functools
import platform
import warnings

from lgt.errors import SlowProcessorWarning

_X86 = ("x86_64", "amd64", "i386", "i686", "x86")


def has_fma(features: str, machine: str) -> bool:
    """Whether a processor multiplies and adds with one rounding in hardware.

    Parameters
    ----------
    features
        What it can do, as LLVM writes it: ``"+avx2,+fma,-avx512f"``.
    machine
        Its architecture, as `platform.machine` names it.

    Returns
    -------
    bool
        For x86, if the feature ``fma`` (with AVX2 since 2013) is among them; else True: arm64, POWER, s390x
        and riscv64 with floating point have it in their base sets.

    Examples
    --------
    >>> has_fma("+sse4.2,+avx,-avx2,-fma", "x86_64"), has_fma("+neon", "arm64")
    (False, True)
    """
    return machine.lower() not in _X86 or "+fma" in features.split(",")


def slowness(features: str, machine: str) -> str | None:
    """What to say about a processor without fused multiply-add, or None.

    Every kernel is written with them, so that all processors give the same bits; where the hardware has none
    each becomes a call of a function, lane by lane: 5000 ns a link for the over-relaxation of SU(3) on 8^4,
    where the same core with AVX2 and FMA takes 100.
    """
    if has_fma(features, machine):
        return None
    return (
        "no fused multiply-add (FMA) on this processor, or NUMBA_CPU_FEATURES leaves it out: the generator "
        "gives the same numbers, but takes about 50 times as long; use a processor with AVX2 and FMA (x86 "
        "since 2013), or arm64"
    )


def this_processor() -> tuple[str, str]:
    """Features and architecture that numba compiles for here."""
    from numba.core import codegen, config

    features = getattr(config, "CPU_FEATURES", None)
    return codegen.get_host_cpu_features() if features is None else features, platform.machine()


@functools.cache
def warn_if_slow() -> None:
    """Warn once in a process, when the machine room is first used, if it is going to be slow.

    Warns
    -----
    SlowProcessorWarning
        If there is no fused multiply-add.
    """
    text = slowness(*this_processor())
    if text is not None:
        warnings.warn(text, SlowProcessorWarning, stacklevel=3)
