"""Modules as numpy functions."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from lcnn.testing import as_numpy, set_precision
from lcnn.testing.model import modules_in, to_numpy
from lgt.errors import InputError

GLOBAL = nn.Linear(2, 1)


class _Holder:
    def __init__(self, module: nn.Module) -> None:
        self.module, self.other = module, 3

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return self.module(x)


def test_modules_are_found_where_a_callable_may_keep_them() -> None:
    module = nn.Linear(2, 1)
    callables = [module, module.forward, lambda x: module(x), partial(module, x=1), _Holder(module)]
    for keeper in callables:
        assert [m is module for m in modules_in(keeper)] == [True], keeper
    assert list(modules_in(lambda x: GLOBAL(x))) == [GLOBAL]
    assert list(modules_in(np.abs)) == []

    def unassigned() -> object:
        return lambda: later

    if False:
        later = 1
    assert list(modules_in(unassigned())) == []  # type: ignore[arg-type]


def test_precision_of_real_and_complex_parameters_and_buffers() -> None:
    module = nn.Module()
    module.real = nn.Parameter(torch.ones(2))
    module.complex = nn.Parameter(torch.ones(2, dtype=torch.complex64))
    module.inner = nn.BatchNorm1d(2)
    set_precision(module, "complex128")
    assert module.real.dtype == torch.float64
    assert module.complex.dtype == torch.complex128
    assert module.inner.running_mean.dtype == torch.float64
    assert module.inner.num_batches_tracked.dtype == torch.int64
    assert isinstance(module.real, nn.Parameter)
    assert set(module.inner.state_dict()) >= {"running_mean", "running_var"}
    set_precision(module, "complex64")
    assert (module.real.dtype, module.complex.dtype) == (torch.float32, torch.complex64)


def test_outputs_become_arrays() -> None:
    x = torch.tensor([1 + 2j], dtype=torch.complex128, requires_grad=True)
    assert np.array_equal(to_numpy(x.conj()), [1 - 2j])
    assert np.array_equal(to_numpy(x.conj().imag), [-2.0])
    assert to_numpy(torch.ones(1, dtype=torch.bfloat16)).dtype == np.float32
    assert to_numpy(np.float64(2)).shape == ()
    assert to_numpy(3.0) == 3.0
    with pytest.raises(InputError, match="type tuple"):
        to_numpy((x,))


def test_what_a_model_is_given() -> None:
    kinds = []

    def spy(x: object) -> object:
        kinds.append(type(x).__name__)
        return x

    as_numpy(spy)(np.ones(1))
    as_numpy(spy, "torch")(np.ones(1))
    as_numpy(nn.Identity(), "torch")(np.ones(1))
    assert kinds == ["ndarray", "Tensor"]


def test_models_may_differentiate_inside() -> None:
    def slope(x: torch.Tensor) -> torch.Tensor:
        x.requires_grad_(True)
        return torch.autograd.grad((x**2).sum(), x)[0]

    assert np.array_equal(as_numpy(slope, "torch")(np.array([3.0])), [6.0])
