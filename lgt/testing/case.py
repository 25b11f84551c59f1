"""A case: the structure of one example and the seed of its numbers, from which both can be made again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from lgt.group import UnitaryGroup
from lgt.lattice import Lattice
from lgt.symmetry import INVARIANT, PSEUDOINVARIANT, PSEUDOSCALAR, FieldType, PointGroup, Symmetry
from lgt.testing.error import EquivarianceError, equivariance_error


@final
@dataclass(frozen=True)
class Case:
    """One example on which a symmetry is tested, small enough to print.

    Parameters
    ----------
    symmetry, group, lattice
        What is tested, and where.
    seed
        Of the numpy Generators that draw the inputs and, if it is not given, the element.
    batch, channels
        Independent inputs at a time, and copies of the representation in matter and scalar inputs.
    element
        The transformation; None draws it from the seed.

    Examples
    --------
    >>> from lgt.group import SU
    >>> from lgt.symmetry import LINKS, Translation
    >>> case = Case(Translation(), SU(2), Lattice((2, 3)), seed=0)
    >>> case.transformation, case.inputs([LINKS])[0].shape
    (SpaceElement(+0 +1 | 1 2), (2, 2, 2, 3, 2, 2))
    """

    symmetry: Symmetry[Any]
    group: UnitaryGroup
    lattice: Lattice
    seed: int
    batch: int = 2
    channels: int = 2
    element: Any = None

    @property
    def transformation(self) -> Any:
        """The element under test."""
        if self.element is not None:
            return self.element
        return self.symmetry.sample(np.random.default_rng([self.seed, 0]), self.group, self.lattice)

    def inputs(self, input_types: Sequence[FieldType]) -> list[NDArray[Any]]:
        """Draw one random array for each type."""
        rng = np.random.default_rng(
            [self.seed, 1]
        )  # its own stream: a given element leaves inputs as they are
        return [kind.random(rng, self.group, self.lattice, self.batch, self.channels) for kind in input_types]

    def error(
        self,
        function: Callable[..., Any],
        *,
        input_types: Sequence[FieldType],
        output_type: FieldType,
        dtype: str = "complex128",
        scale: NDArray[Any] | None = None,
    ) -> EquivarianceError:
        """Measure the `equivariance_error` of a function on this case."""
        return equivariance_error(
            function,
            self.symmetry,
            self.inputs(input_types),
            input_types=input_types,
            output_type=output_type,
            element=self.transformation,
            dtype=dtype,
            scale=scale,
        )

    def off_centre(
        self,
        function: Callable[..., Any],
        *,
        input_types: Sequence[FieldType],
        output_type: FieldType,
        dtype: str = "complex128",
        tolerance: float | None = None,
    ) -> bool:
        """Whether a field that fails under B_d only sits at the wrong sites: its sum over them passes."""
        if not isinstance(self.symmetry, PointGroup) or not output_type.on_sites or output_type.trailing:
            return False
        kind = {None: INVARIANT, PSEUDOSCALAR.representation: PSEUDOINVARIANT}.get(output_type.representation)
        if kind is None:
            return False

        def total(*arrays: NDArray[Any]) -> Any:
            return np.asarray(function(*arrays)).reshape(len(arrays[0]), -1).sum(axis=1)

        # Sums are few numbers: two of them may agree by chance, four hardly do.
        case = replace(self, batch=4, element=self.transformation)
        return case.error(total, input_types=input_types, output_type=kind, dtype=dtype).passes(tolerance)


OFF_CENTRE = (
    "its sum is invariant, so the values hang on the corners at which loops start: the lattice average "
    "passes as an invariant, and so do clover leaves, the average over all orientations of a loop"
)
