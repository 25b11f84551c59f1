"""Group convolutions against plain convolutions of the same arithmetic, forward and backward on one core.

    python scripts/benchmark_groups.py [--quick] [--json FILE]

A group convolution from n to n channels of a group K is one convolution from n |K| to n |K| channels, whose
weights are gathered from shared ones. It is timed beside `torch.nn.Conv2d` or `Conv3d` of that size, on a
periodic grid, both with the derivatives of field and weights, float32, one thread. The runs alternate, and
each figure is a ratio of shortest processor times, which a load on the machine lengthens least.

    ratio_d4_2d    D_4, 32 -> 32 on 64 x 64, batch 8, 3 x 3    asked: at most 1.3
    ratio_b3_3d    B_3,  8 ->  8 on 16^3,    batch 4, 3^3      asked: at most 1.3

Time: about a minute and a half on one core; --quick, fewer runs, under a minute.
Expected: 1.0 to 1.05; gathering the weights costs milliseconds, the convolutions seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from _measure import arguments, write
from torch import nn

from lcnn.gconv import GroupConv
from lgt.group import point_group, regular


def step(layer: nn.Module, field: torch.Tensor, direction: torch.Tensor) -> Callable[[], None]:
    """One forward and backward pass."""
    field = field.clone().requires_grad_()

    def work() -> None:
        layer.zero_grad()
        field.grad = None
        layer(field).backward(direction)

    return work


def compare(
    name: str, group: str, n: int, extents: tuple[int, ...], batch: int, runs: int
) -> dict[str, float]:
    """Time both layers in turn; return the ratio and the seconds of each."""
    K, d = point_group(group, len(extents)), len(extents)
    layer = GroupConv(regular(K), regular(K), n, n, 3)
    kind = nn.Conv2d if d == 2 else nn.Conv3d
    plain = kind(n * K.order, n * K.order, 3, padding=1, padding_mode="circular")
    with torch.no_grad():  # the same numbers, so that the same work is compared
        plain.weight.copy_(layer.expanded())
        plain.bias.zero_()  # type: ignore[union-attr]
    field = torch.randn(batch, n * K.order, *extents)
    direction = torch.randn_like(field)
    with torch.no_grad():
        torch.testing.assert_close(layer(field[:1]), plain(field[:1]), rtol=1e-4, atol=1e-4)
    works = step(layer, field, direction), step(plain, field, direction)
    best = [float("inf")] * 2
    for run in range(runs + 1):
        for which, work in enumerate(works):
            start = time.process_time()
            work()
            if run:  # the first one warms up
                best[which] = min(best[which], time.process_time() - start)
    ratio = best[0] / best[1]
    print(f"{name:12} {best[0]:8.3f} s against {best[1]:8.3f} s: {ratio:.3f}", flush=True)
    return {f"ratio_{name}": ratio, f"seconds_{name}": best[0], f"plain_seconds_{name}": best[1]}


def main() -> int:
    """Measure, print, write the figures."""
    options, started = arguments(str(__doc__).splitlines()[0]), time.perf_counter()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    runs = 2 if options.quick else 7
    figures = compare("d4_2d", "D_4", 32, (64, 64), 8, runs)
    figures |= compare("b3_3d", "B_3", 8, (16, 16, 16), 4, runs)
    write(figures, started, options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
