"""Batches of one lattice and of several: every configuration once, links beside their own targets."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from lcnn.augment import Augmentation
from lcnn.dataset import Dataset, MixedDataset
from lcnn.evaluate import evaluate, mean_squared_error
from lgt.errors import InputError, ShapeError


def part(L: int, n: int, first: int, per: str = "site", N: int = 1) -> Dataset:
    """Configurations whose links and targets are all their own number."""
    numbers = torch.arange(first, first + n, dtype=torch.float64)
    links = numbers.reshape(n, 1, 1, 1, 1, 1).expand(n, 2, L, L, N, N).to(torch.complex128)
    return Dataset(links, numbers if per == "configuration" else numbers.reshape(n, 1, 1).expand(n, L, L))


def generator(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("per", ["site", "configuration"])
def test_one_epoch_of_several_lattices(per: str) -> None:
    data = MixedDataset([part(4, 7, 0, per), part(6, 5, 7, per), part(8, 2, 12, per)])
    assert (len(data), data.per, data.d, data.N, data.extents) == (14, per, 2, 1, (4, 4))
    orders = []
    for seed in (None, 1, 2):
        shuffle = None if seed is None else generator(seed)
        seen: list[int] = []
        sizes: list[int] = []
        for links, targets in data.batches(3, shuffle=shuffle, dtype=torch.float64):
            numbers = targets.reshape(len(targets), -1)[:, 0]
            assert torch.equal(links[:, 0, 0, 0, 0, 0].real, numbers)
            L = links.shape[2]
            assert all({4: 0, 6: 7, 8: 12}[L] <= n < {4: 7, 6: 12, 8: 14}[L] for n in numbers.tolist())
            seen += [int(n) for n in numbers]
            sizes.append(L)
        assert Counter(seen) == Counter(range(14))
        assert Counter(sizes) == {4: 3, 6: 2, 8: 1}
        assert len(sizes) == data.steps(3) == 6
        orders.append(seen)
    assert orders[0] == list(range(14))
    assert orders[1] != orders[2]
    again = [t for _, t in data.batches(3, shuffle=generator(1), dtype=torch.float64)]
    assert [int(n) for t in again for n in t.reshape(len(t), -1)[:, 0]] == orders[1]
    assert data.targets.shape == ((7 * 16 + 5 * 36 + 2 * 64,) if per == "site" else (14,))


def test_one_part_is_that_dataset() -> None:
    """A single lattice, mixed: the batches of an epoch are those of the dataset, in an order of their own."""
    alone = part(4, 7, 0)
    plain = [t for _, t in alone.batches(3, shuffle=generator())]
    mixed = [t for _, t in MixedDataset([alone]).batches(3, shuffle=generator())]
    assert sorted(t.tolist() for t in plain) == sorted(t.tolist() for t in mixed)


def test_parts_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="N = 1 and 2"):
        MixedDataset([part(4, 2, 0), part(6, 2, 0, N=2)])
    with pytest.raises(ShapeError, match="per = site and configuration"):
        MixedDataset([part(4, 2, 0), part(6, 2, 0, "configuration")])
    with pytest.raises(ShapeError, match="no part"):
        MixedDataset([])
    with pytest.raises(ShapeError, match="rows of several"):
        MixedDataset([part(4, 2, 0), part(6, 2, 2)]).batch(torch.tensor([1, 2]))


@pytest.mark.parametrize("size", [0, -1, 2.5, None])
def test_batches_of_nothing_are_refused(size: int) -> None:
    alone = part(4, 2, 0)
    for data in (alone, MixedDataset([alone, part(6, 2, 2)])):
        calls = [lambda data=data: list(data.batches(size)), lambda data=data: data.steps(size)]
        calls.append(lambda data=data: mean_squared_error(torch.nn.Identity(), data, batch=size))
        for call in calls:
            with pytest.raises(InputError, match=f"batch = {size}"):
                call()
    with pytest.raises(InputError, match=f"batch = {size}"):
        evaluate(torch.nn.Identity(), alone, batch=size)


def test_only_shuffled_batches_are_augmented() -> None:
    torch.manual_seed(1)
    links = torch.randn(5, 2, 4, 4, 1, 1, dtype=torch.complex128)
    data = Dataset(links, torch.randn(5, 4, 4), augmentation=Augmentation(("translation",)))
    (plain,) = [u for u, _ in data.batches(5, dtype=torch.float64)]
    assert torch.equal(plain, links)
    runs = [[u for u, _ in data.batches(2, shuffle=generator(), dtype=torch.float64)] for _ in range(2)]
    assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))
    still = sum(any(torch.equal(u, v) for v in links) for batch in runs[0] for u in batch)
    assert still < 3  # one displacement in 16 is zero
    moved = data.augmented(None)
    (same,) = [u for u, _ in moved.batches(5, shuffle=generator(), dtype=torch.float64)]
    assert sorted(u.real.sum().item() for u in same) == sorted(u.real.sum().item() for u in links)
    assert MixedDataset([data]).augmentation is data.augmentation


def test_an_epoch_goes_on_from_the_generators_state() -> None:
    """What a resumed training relies on: the state at the end of an epoch decides the next one."""
    data = Dataset(torch.randn(5, 2, 4, 4, 1, 1, dtype=torch.complex128), torch.randn(5, 4, 4),
                   augmentation=Augmentation(("translation", "hypercubic", "gauge")))  # fmt: skip
    whole = generator()
    list(data.batches(2, shuffle=whole))
    state = whole.get_state()
    second = [u for u, _ in data.batches(2, shuffle=whole)]
    resumed = generator(99)
    resumed.set_state(state)
    assert all(torch.equal(a, b) for a, b in zip(second, [u for u, _ in data.batches(2, shuffle=resumed)],
                                                 strict=True))  # fmt: skip
