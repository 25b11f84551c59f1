"""The actions by name: Wilson, and plaquettes with rectangles."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar, final

from lgt.action._base import Action
from lgt.action._loops import LoopAction
from lgt.errors import InputError
from lgt.path import Path, plaquette, rectangle


@final
@dataclass(frozen=True, repr=False)
class Wilson(LoopAction):
    """Wilson's plaquette action, ``S = -(beta/N) sum_x sum_{mu<nu} Re tr P_{mu nu}(x)`` (Wilson 1974).

    ``beta = 2N/g0^2``; for U(1) ``S = -beta sum cos theta_P``. The parameters are those of `LoopAction`.

    Examples
    --------
    >>> import lgt
    >>> float(Wilson(beta=2.0).value(lgt.cold(lgt.Lattice((4, 4)), lgt.SU(3))))
    -32.0
    >>> Wilson(beta=6.0, anisotropy=2.0, open=(-1,))
    Wilson(beta=6.0, anisotropy=2.0, open=(-1,))
    """

    name: ClassVar[str] = "wilson"

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        """One plaquette for each plane."""
        return [(plaquette(mu, nu), 1.0) for mu, nu in combinations(range(d), 2)]


@dataclass(frozen=True, repr=False)
class RectangleAction(LoopAction):
    """``S = -(beta/N) sum [c0 Re tr P + c1 (Re tr R + Re tr R')]`` with both 1x2 rectangles R, R'.

    With c0 = 1 - 8 c1, as all named ones have, beta is 2N/g0^2. (Some codes take c0 out of their beta:
    beta_MILC = 5 beta / 3 for Luscher-Weisz at tree level.)
    """

    @property
    @abstractmethod
    def couplings(self) -> tuple[float, float]:
        """(c0, c1), the coefficients of plaquettes and rectangles."""

    def coefficients(self, d: int) -> list[tuple[Path, float]]:
        """A plaquette and two rectangles for each plane."""
        c0, c1 = self.couplings
        found = []
        for mu, nu in combinations(range(d), 2):
            found += [(plaquette(mu, nu), c0), (rectangle(mu, nu, 2, 1), c1), (rectangle(mu, nu, 1, 2), c1)]
        return found


@final
@dataclass(frozen=True, repr=False)
class LuscherWeisz(RectangleAction):
    """The tree-level Symanzik improved action, c1 = -1/12 (M. Luscher and P. Weisz, 1985).

    Examples
    --------
    >>> LuscherWeisz(beta=4.5).couplings == (5 / 3, -1 / 12)
    True
    """

    name: ClassVar[str] = "luscher-weisz"

    @property
    def couplings(self) -> tuple[float, float]:
        """(5/3, -1/12)."""
        return 5 / 3, -1 / 12


@final
@dataclass(frozen=True, repr=False)
class Iwasaki(RectangleAction):
    """Iwasaki's renormalisation-group improved action, c1 = -0.331 (Y. Iwasaki 1983).

    Examples
    --------
    >>> Iwasaki(beta=2.6)
    Iwasaki(beta=2.6)
    """

    name: ClassVar[str] = "iwasaki"

    @property
    def couplings(self) -> tuple[float, float]:
        """(3.648, -0.331)."""
        return 1 + 8 * 0.331, -0.331


@final
@dataclass(frozen=True, repr=False)
class DBW2(RectangleAction):
    """The doubly blocked Wilson action in two couplings, c1 = -1.4069 (P. de Forcrand et al. 2000).

    Examples
    --------
    >>> DBW2(beta=1.04)
    DBW2(beta=1.04)
    """

    name: ClassVar[str] = "dbw2"

    @property
    def couplings(self) -> tuple[float, float]:
        """(12.2552, -1.4069)."""
        return 1 + 8 * 1.4069, -1.4069


@final
@dataclass(frozen=True, repr=False)
class Rectangle(RectangleAction):
    """Plaquettes and rectangles with any coefficients.

    Parameters
    ----------
    c1
        Coefficient of the rectangles.
    c0
        Coefficient of the plaquettes, 1 - 8 c1 by default.

    Examples
    --------
    >>> Rectangle(beta=4.0, c1=-0.1).couplings
    (1.8, -0.1)
    >>> Rectangle(beta=4.0, c1=-0.1, c0=1.0)
    Rectangle(beta=4.0, c1=-0.1, c0=1.0)
    """

    name: ClassVar[str] = "rectangle"
    c1: float = 0.0
    c0: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in (("c0", self.couplings[0]), ("c1", self.c1)):
            if not math.isfinite(value):
                raise InputError(f"{name} {value}", "not a finite number", "give a coefficient like -0.1")

    @property
    def couplings(self) -> tuple[float, float]:
        """(c0, c1)."""
        return 1 - 8 * self.c1 if self.c0 is None else self.c0, self.c1


_NAMED: tuple[type[LoopAction], ...] = (Wilson, LuscherWeisz, Iwasaki, DBW2, Rectangle)
ACTIONS: dict[str, type[LoopAction]] = {cls.name: cls for cls in _NAMED}


def make_action(name: str, beta: float, **parameters: Any) -> Action:
    """The action of this name, as `lgt generate --action` takes it.

    Parameters
    ----------
    beta
        The coupling.
    parameters
        Further keywords of its class: anisotropy, open, and c0 and c1 of ``rectangle``.

    Raises
    ------
    InputError
        If there is no such action, or it has no such parameter.

    Examples
    --------
    >>> make_action("wilson", 6.0)
    Wilson(beta=6.0)
    >>> make_action("rectangle", 4.0, c1=-0.1)
    Rectangle(beta=4.0, c1=-0.1)
    """
    if name not in ACTIONS:
        raise InputError(f"action {name!r}", "no action of that name", f"choose one of {', '.join(ACTIONS)}")
    known = [key for key in ACTIONS[name].__dataclass_fields__ if key not in ("beta", "name")]
    for key in parameters:
        if key not in known:
            raise InputError(f"{key} of the action {name}", "no such parameter", f"it has {', '.join(known)}")
    return ACTIONS[name](beta, **parameters)
