"""Speed of the generator: ns a link of every update, beside the machine's peak and the naive sweep.

    python scripts/benchmark_generator.py [--quick] [--json FILE]

About 4 minutes on one core (under one with --quick). float64. All times are the shortest of several runs
within this one process, so ratios are taken on the same machine at the same time. Expected on a core with
AVX-512: 45 to 75 ns a link for over-relaxation of SU(3) on 8^4, 70 to 125 for the heat bath.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

import numba  # noqa: E402
import numpy as np  # noqa: E402
from _measure import arguments, machine, seconds, write  # noqa: E402
from llvmlite import ir  # noqa: E402
from numba import types  # noqa: E402
from numba.extending import intrinsic  # noqa: E402
from oracle import naive_sweep  # noqa: E402

import lgt  # noqa: E402
from lgt.kernels.lanes import Lanes, constant, emit_fma  # noqa: E402
from lgt.kernels.packed import aligned  # noqa: E402
from lgt.replicas import Replicas  # noqa: E402
from lgt.replicas.motion import drift, kick  # noqa: E402
from lgt.update import HMC, HeatBath, OverRelaxation, Updater  # noqa: E402

BETA = {1: 1.0, 2: 2.3, 3: 6.0, 4: 10.8, 6: 25.0}
#: Momenta, energies, the copy of the old links and the leapfrog's additional half kick are in its time.
TRAJECTORY = HMC(length=0.5, steps=10, integrator="leapfrog")
# Over-relaxation of one SU(3) link in 4D: 12 products of 8 x 27, 5 sums of 18, and three subgroups of
# 4 dots of 3 complex products, 18 to make the rotation, and 12 entries of 2 products.
OR_FLOPS = 12 * 216 + 5 * 18 + 3 * (4 * 24 + 18 + 12 * 8)


@intrinsic
def multiply_adds(typingctx: Any, count: Any) -> Any:
    """16 independent chains of fused multiply-adds of 8 lanes, `count` times."""
    vector, word = Lanes("f64", 8), ir.IntType(64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        before = builder.block
        loop, end = builder.append_basic_block("loop"), builder.append_basic_block("end")
        builder.branch(loop)
        builder.position_at_end(loop)
        index = builder.phi(word)
        index.add_incoming(ir.Constant(word, 0), before)
        chains = [builder.phi(vector.llvm) for _ in range(16)]
        for k, chain in enumerate(chains):
            chain.add_incoming(constant(vector, float(k)), before)
            chain.add_incoming(
                emit_fma(builder, chain, constant(vector, 0.999), constant(vector, 1e-3)), loop
            )
        following = builder.add(index, ir.Constant(word, 1))
        index.add_incoming(following, loop)
        builder.cbranch(builder.icmp_signed("<", following, args[0]), loop, end)
        builder.position_at_end(end)
        total = chains[0]
        for chain in chains[1:]:
            total = builder.fadd(total, chain)
        return builder.extract_element(total, ir.Constant(ir.IntType(32), 0))

    return types.float64(types.int64), generate


@numba.njit(nogil=True)
def spin(count: int) -> float:
    """The peak loop: returns something, so that it is not left out."""
    return multiply_adds(count)


@numba.njit(nogil=True)
def scalar_control(count: int) -> float:
    """A loop of scalar arithmetic that touches no memory: what two threads can gain here at all."""
    value = 0.5
    for _ in range(count):
        value = 3.9 * value * (1.0 - value)
    return value


def chains(N: int, extents: tuple[int, ...], threads: int = 1, sweeps: int = 5) -> Replicas:
    """A field near equilibrium: a few heat baths from a cold start."""
    group = lgt.U1() if N == 1 else lgt.SU(N)
    state = Replicas([lgt.cold(lgt.Lattice(extents), group)], [lgt.Stream(1, 0)], threads)
    for number in range(sweeps):
        HeatBath().advance(state, lgt.Wilson(BETA[N]), number)
    return state


def ns_a_link(state: Replicas, N: int, updates: list[Updater], repeats: int) -> float:
    """Ns a link of one update, averaged over a list of updates in turn."""
    action, number = lgt.Wilson(BETA[N]), iter(range(1000, 10**9))

    def work() -> None:
        for update in updates:
            update.advance(state, action, next(number))

    work()
    links = state.lattice.d * state.lattice.volume
    return seconds(work, repeats) / len(updates) / links * 1e9


def leapfrog_ns(state: Replicas, repeats: int) -> float:
    """Ns a link of one leapfrog step: a kick by the force and a drift of the links."""
    momenta, action = state.zeros(), lgt.Wilson(6.0)

    def work() -> None:
        kick(state, action, momenta, 1e-3)
        drift(state, momenta, 1e-3)

    work()
    return seconds(work, repeats) / (state.lattice.d * state.lattice.volume) * 1e9


def ratio_of_threads(work: Callable[[int], Any], repeats: int) -> float:
    """How much sooner two threads finish twice the work than one thread does."""
    with ThreadPoolExecutor(2) as pool:
        one = seconds(lambda: (work(0), work(1)), repeats)
        two = seconds(lambda: list(pool.map(work, (0, 1))), repeats)
    return one / two


def start_seconds(folder: str) -> float:
    """Wall time of a whole process, ``lgt generate`` of a small SU(3) configuration, kernels in a folder."""
    environment = os.environ | {"NUMBA_CACHE_DIR": folder}
    words = "generate --group SU3 --lattice 4x4x4x4 --beta 6.0 --configs 1 --thermalise 10 --separation 1"
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "lgt", *words.split(), "--out", str(Path(out) / "e.h5")]
        started = time.perf_counter()
        subprocess.run(command, env=environment, capture_output=True, check=True)
        return time.perf_counter() - started


def main() -> None:
    """Measure, print a table, write the figures."""
    options, started = arguments("speed of the generator"), time.perf_counter()
    few = options.quick
    figures: dict[str, float] = {}

    def show(name: str, value: float, text: str = "") -> None:
        figures[name] = value
        print(f"{name:28s} {value:10.3g}  {text}", flush=True)

    print(f"{machine()}; one thread unless said otherwise; float64")
    spin(10)
    count = 3 * 10**6
    show(
        "peak_gflops",
        count * 16 * 16 / seconds(lambda: spin(count), 10) / 1e9,
        "fused multiply-adds, one core",
    )
    heat, over = HeatBath(), OverRelaxation()
    for size in (8, 16):
        state = chains(3, (size,) * 4)
        repeats = (20 if few else 100) if size == 8 else (3 if few else 10)
        show(
            f"or_{size}_ns", ns_a_link(state, 3, [over], repeats), f"SU(3), {size}^4, over-relaxation, a link"
        )
        show(f"hb_{size}_ns", ns_a_link(state, 3, [heat], repeats), "heat bath")
        show(f"mix_{size}_ns", ns_a_link(state, 3, [over] * 4 + [heat], max(3, repeats // 5)), "4 OR + 1 HB")
        show(f"leapfrog_{size}_ns", leapfrog_ns(state, repeats), "leapfrog step")
        trajectory = ns_a_link(state, 3, [TRAJECTORY], max(3, repeats // 10)) / TRAJECTORY.steps
        show(
            f"trajectory_{size}_ns", trajectory, "the same in a trajectory of 10, with all that belongs to it"
        )
    links = chains(3, (8,) * 4).links(0)
    naive_sweep.over_relax(links)
    naive = seconds(lambda: naive_sweep.over_relax(links), 5 if few else 20) / (4 * 8**4) * 1e9
    show("naive_or_8_ns", naive, "the straightforward sweep of the first version")
    show("or_8_over_naive", naive / figures["or_8_ns"], "times faster")
    show(
        "or_8_peak_fraction",
        OR_FLOPS / figures["or_8_ns"] / figures["peak_gflops"],
        f"{OR_FLOPS} flops a link",
    )

    big, small = chains(3, (16,) * 4, threads=2, sweeps=1), chains(3, (16,) * 4, sweeps=1)
    repeats = 4 if few else 12
    scaling = ns_a_link(small, 3, [over], repeats) / ns_a_link(big, 3, [over], repeats)
    show("thread_scaling", scaling, "two threads over one, 16^4 over-relaxation")
    scalar_control(10)
    show(
        "thread_control",
        ratio_of_threads(lambda _: scalar_control(10**7), repeats),
        "the same of a scalar loop",
    )
    show("thread_scaling_over_control", scaling / figures["thread_control"])
    del big, small
    if not few:
        state = chains(3, (32,) * 4, sweeps=1)
        large = ns_a_link(state, 3, [over], 3)
        show("or_32_ns", large, "SU(3), 32^4, over-relaxation")
        show("per_link_32_over_8", large / figures["or_8_ns"])
        source, target = aligned((2**26,)), aligned((2**26,))
        source += 1.0  # pages that were never written share one page of zeros
        stream = 2 * source.nbytes / seconds(lambda: np.copyto(target, source), 5) / 1e9
        show("stream_gbytes", stream, "GB/s copied by one core, reads and writes")
        del state, source, target
        for N in (2, 3, 4, 6):
            for extents in ((32, 32), (8, 8, 16), (8, 8, 8, 8)):
                state = chains(N, extents)
                place = f"SU({N}), {state.lattice}"
                show(
                    f"or_su{N}_{len(extents)}d_ns",
                    ns_a_link(state, N, [over], 10),
                    f"{place}, over-relaxation",
                )
                show(f"hb_su{N}_{len(extents)}d_ns", ns_a_link(state, N, [heat], 10), f"{place}, heat bath")
    with tempfile.TemporaryDirectory() as folder:
        show("first_call_s", start_seconds(folder), "lgt generate of one configuration of 4^4, compiling")
        show("cached_start_s", min(start_seconds(folder) for _ in range(3)), "the same from the cache")
    write(figures, started, options.json)


if __name__ == "__main__":
    main()
