"""Hold torch modules to their symmetries: the assertion, and the error as a metric."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

import lgt.testing
from lcnn.testing.model import as_numpy, modules_in, set_precision, to_numpy
from lgt.errors import InputError
from lgt.symmetry import FieldType, Symmetry
from lgt.testing import EquivarianceError, default_tolerance


def symmetries_of(model: Any) -> tuple[Symmetry[Any], ...]:
    """The symmetries that a model declares in its attribute `symmetries`.

    Raises
    ------
    InputError
        If it declares none, or something else than Symmetry values.

    Examples
    --------
    >>> from lgt.symmetry import Gauge, Translation
    >>> class Net(nn.Module):
    ...     symmetries = (Gauge(), Translation())
    >>> symmetries_of(Net())
    (Gauge(), Translation())
    """
    declared = getattr(model, "symmetries", None)
    if not declared or not all(isinstance(symmetry, Symmetry) for symmetry in declared):
        raise InputError(
            f"the symmetries of {type(model).__name__}",
            "none that it declares" if not declared else f"{declared!r}",
            "set its attribute symmetries, e.g. (Gauge(), Translation())",
        )
    return tuple(declared)


def equivariance_error(
    model: Callable[..., Any],
    symmetry: Symmetry[Any],
    inputs: Sequence[Any],
    *,
    input_types: Sequence[FieldType],
    output_type: FieldType,
    element: Any = None,
    seed: int = 0,
) -> EquivarianceError:
    """Measure how far a model is from commuting with a symmetry, as it is and on the given inputs.

    Parameters
    ----------
    model
        A torch module (it is put into eval mode for the time), or any callable of tensors.
    inputs
        Tensors or arrays, batch first; the precision of the complex ones is the one that is tested.
    symmetry, input_types, output_type, element, seed
        See `lgt.testing.equivariance_error`.

    Examples
    --------
    >>> import torch
    >>> from lcnn.gauge import Plaquettes
    >>> from lgt.symmetry import ADJOINT, LINKS, Gauge
    >>> links = torch.polar(torch.ones(2, 2, 3, 4, 1, 1), torch.rand(2, 2, 3, 4, 1, 1)).to(torch.complex128)
    >>> kinds = {"input_types": [LINKS], "output_type": ADJOINT}
    >>> equivariance_error(Plaquettes(), Gauge(), [links], **kinds).error < 1e-6
    True
    """
    arrays = [to_numpy(a) for a in inputs]
    narrow = any(a.dtype.itemsize <= (8 if a.dtype.kind == "c" else 4) for a in arrays)
    takes_tensors = any(isinstance(a, Tensor) for a in inputs) or isinstance(model, nn.Module)
    with evaluating(model):
        return lgt.testing.equivariance_error(
            as_numpy(model, "torch" if takes_tensors else None),
            symmetry,
            arrays,
            input_types=input_types,
            output_type=output_type,
            element=element,
            seed=seed,
            dtype="complex64" if narrow else "complex128",
        )


def assert_symmetric(
    model: nn.Module,
    symmetries: Symmetry[Any] | Sequence[Symmetry[Any]] | None = None,
    *,
    input_types: Sequence[FieldType | str] = ("links",),
    output_type: FieldType | str = "scalar",
    groups: Sequence[str] = ("SU3", "SU2", "U1"),
    dims: Sequence[int] = (2, 3, 4),
    smallest: int = 2,
    channels: int = 2,
    examples: int = 10,
    dtype: str = "complex128",
    tolerance: float | None = None,
    source: str = "model",
) -> None:
    """Raise CheckError unless a torch module has its symmetries.

    A copy of the module is tested, in eval mode and in the precision asked for: in double precision what
    was trained in single shows a broken symmetry at 1e-10, where 1e-4 would let it pass.

    Parameters
    ----------
    model
        From batch-first tensors of `input_types` to a tensor of `output_type`.
    symmetries
        What it is held to; None means `symmetries_of` it.
    source
        What the reproducer calls the model.
    input_types, output_type, groups, dims, smallest, channels, examples, dtype, tolerance
        As in `lgt.testing.assert_equivariant`; a module for two dimensions alone takes ``dims=(2,)``.

    Raises
    ------
    CheckError
        If an example fails; the message ends with a line that repeats it.

    Examples
    --------
    >>> from lcnn.gauge import Plaquettes
    >>> from lgt.symmetry import Gauge
    >>> assert_symmetric(Plaquettes(), Gauge(), output_type="adjoint", examples=2)
    """
    chosen = symmetries_of(model) if symmetries is None else symmetries
    lgt.testing.assert_equivariant(
        ready(model, dtype),
        chosen,
        input_types=input_types,
        output_type=output_type,
        groups=groups,
        dims=dims,
        smallest=smallest,
        channels=channels,
        examples=examples,
        dtype=dtype,
        tolerance=default_tolerance(dtype) if tolerance is None else tolerance,
        source=source,
        home="lcnn.testing",
    )


def reproduce(
    model: nn.Module,
    symmetry: str,
    *,
    group: str,
    lattice: str,
    seed: int,
    input_types: Sequence[FieldType | str] = ("links",),
    output_type: FieldType | str = "scalar",
    element: str | None = None,
    batch: int = 2,
    channels: int = 2,
    dtype: str = "complex128",
    tolerance: float | None = None,
) -> EquivarianceError:
    """Repeat one example of `assert_symmetric`: the line that its message ends with.

    Parameters
    ----------
    model
        The module.
    symmetry, group, lattice, seed, input_types, output_type, element, batch, channels, dtype, tolerance
        See `lgt.testing.reproduce`.

    Raises
    ------
    CheckError
        If the error is not within the tolerance.
    """
    return lgt.testing.reproduce(
        ready(model, dtype),
        symmetry,
        group=group,
        lattice=lattice,
        seed=seed,
        input_types=input_types,
        output_type=output_type,
        element=element,
        batch=batch,
        channels=channels,
        dtype=dtype,
        tolerance=tolerance,
        source="model",
        home="lcnn.testing",
    )


def ready(model: nn.Module, dtype: str) -> Callable[..., Any]:
    """A copy of the module in eval mode and in the given precision, as a function of numpy arrays."""
    twin = copy.deepcopy(model).eval()
    set_precision(twin, dtype)
    return as_numpy(twin)


@contextmanager
def evaluating(model: Callable[..., Any]) -> Iterator[None]:
    """Put a model's modules into eval mode (no dropout, fixed batch norms), and back."""
    training = [part for module in modules_in(model) for part in module.modules() if part.training]
    try:
        for part in training:
            part.training = False
        yield
    finally:
        for part in training:
            part.training = True
