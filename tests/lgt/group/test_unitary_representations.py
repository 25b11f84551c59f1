"""The defining and the adjoint representation, and a wrong one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lgt.errors import CheckError
from lgt.group import SU, U1, Adjoint, Defining, UnitaryGroup

every_group = pytest.mark.parametrize("group", [U1(), SU(2), SU(3), SU(4), SU(8)], ids=repr)


@every_group
def test_representations(group: UnitaryGroup) -> None:
    Defining(group).check_homomorphism(np.random.default_rng(1))
    Adjoint(group).check_homomorphism(np.random.default_rng(1))
    assert Defining(group).dimension == group.N
    assert Adjoint(group).dimension == group.dimension == len(group.generators)


def test_the_conjugate_adjoint_is_rejected() -> None:
    """The negative control: U^+ T U instead of U T U^+."""

    class Wrong(Adjoint):  # type: ignore[misc]
        def matrix(self, g: Any) -> Any:
            return self.group.adjoint(np.conj(g.T))

    with pytest.raises(CheckError):
        Wrong(SU(3)).check_homomorphism(np.random.default_rng(23))
