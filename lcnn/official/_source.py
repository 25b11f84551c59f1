"""One HDF5 file of the authors' code: what is in it, and whether it agrees with itself."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any, final

import h5py
import numpy as np
from numpy.typing import NDArray

import lgt
from lcnn.official._structure import official_planes
from lgt.errors import InputError
from lgt.field import dagger
from lgt.group import U1, UnitaryGroup, parse_group
from lgt.lattice import Lattice

Array = NDArray[Any]
_TOLERANCE = 2e-5  # products of a few links, each rounded to float32
_LOOP = re.compile(r"trW_([1-9]\d*)x([1-9]\d*)")
_INPUTS = ("u", "w", "p", "beta", "dims")
_CHARGES = ("QP", "QC")
_WHOLE = "give a whole file of the authors' generate_configs.py"


@final
class Source:
    """A file with ``u[sample, site, D, N, N]``, ``beta``, ``dims`` and perhaps ``w``, ``p`` and labels.

    Parameters
    ----------
    path
        The file, open as long as the object is used as a context.

    Attributes
    ----------
    lattice, group, precision
        Of the links; ``precision`` is that of their numbers.
    betas
        Of each sample, as the shortest decimals that mean the stored numbers.
    labels
        The names of labels of sites that are carried over.
    ignored
        The names of what is not.

    Raises
    ------
    InputError
        If it is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = f"data {path}"
        with self._reading():
            self._file = h5py.File(path, "r")
            names = [
                name
                for name, item in self._file.items()
                if isinstance(item, h5py.Dataset) and isinstance(name, str)  # a damaged name comes as bytes
            ]
        try:
            self._look(names)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self.betas)

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The labels that nothing is known to compare with."""
        return tuple(name for name in self.labels if name not in self._fits)

    @property
    def checked(self) -> tuple[str, ...]:
        """What was found to agree with the links of all blocks that were read, in words."""
        return tuple(f"{name}: {next(iter(fits))}" for name, fits in self._fits.items())

    def block(self, samples: Array) -> tuple[NDArray[np.complex128], dict[str, Array]]:
        """The links (n, d, *extents, N, N) and labels (n, *extents) of some samples, in increasing order.

        Raises
        ------
        InputError
            If links are off the group, or w, p or a label is not that of the links; it says by how much.
        """
        first, stop = int(samples[0]), int(samples[-1]) + 1
        rows = slice(first, stop) if stop - first == len(samples) else samples
        extents, d, N = self.lattice.extents, self.lattice.d, self.group.N

        def read(name: str) -> Array:
            with self._reading():
                return np.asarray(self._file[name][rows])

        u = read("u").astype(np.complex128).reshape(len(samples), *extents, d, N, N)
        links = np.ascontiguousarray(np.moveaxis(u, 1 + d, 1))
        limit = 1e-5 if self.precision == "float32" else 1e-10
        defect = self.group.defect(links).reshape(len(samples), -1).max(axis=1)
        self._refuse(samples, defect, limit, f"links off {self.group}")
        for name in self._fits:
            values = read(name)
            if not np.isfinite(values).all():
                raise InputError(f"{self.asked}: {name}", "numbers that are not finite", _WHOLE)
            self._compare(name, values, links, samples)
        labels = {name: read(name).real.reshape(len(samples), *extents) for name in self.labels}
        for name, values in labels.items():
            if not np.isfinite(values).all():
                raise InputError(f"{self.asked}: {name}", "numbers that are not finite", _WHOLE)
        return links, {name: np.asarray(values, dtype=np.float64) for name, values in labels.items()}

    def _look(self, names: list[str]) -> None:
        """Check the shapes, and note what there is to compare."""
        for name in ("u", "beta", "dims"):
            if name not in names:
                raise InputError(self.asked, f"no dataset {name!r} in it", _WHOLE)
        with self._reading():
            dims, betas = np.asarray(self._file["dims"]), np.asarray(self._file["beta"])
            shapes = {name: tuple(self._file[name].shape) for name in names}
            kinds = {name: self._file[name].dtype for name in names}
        if dims.ndim != 1 or dims.dtype.kind not in "iu" or len(dims) < 2 or dims.min() < 1:
            raise InputError(f"{self.asked}: dims", f"{str(dims.tolist())[:60]}", "give two extents or more")
        self.lattice = Lattice(tuple(int(n) for n in dims))
        V, d, u = math.prod(self.lattice.extents), self.lattice.d, shapes["u"]
        if len(u) != 5 or u[1:3] != (V, d) or u[3] != u[4] or 0 in u or kinds["u"].kind != "c":
            found = f"shape {u} of {kinds['u']} on {self.lattice}"
            raise InputError(f"{self.asked}: u", found, f"give complex (samples, {V}, {d}, N, N)")
        n, N = u[0], u[-1]
        self.group: UnitaryGroup = U1() if N == 1 else parse_group(f"SU{N}")
        self.precision = "float64" if kinds["u"] == np.complex128 else "float32"
        if betas.shape != (n,) or betas.dtype.kind != "f" or not np.isfinite(betas).all():
            raise InputError(f"{self.asked}: beta", f"shape {betas.shape}", f"give {n} finite numbers")
        self.betas = [float(str(beta)) for beta in betas]
        self._fits: dict[str, dict[str, Callable[[Array], Array]]] = {}
        self.labels: list[str] = []
        self.ignored = [name for name in names if name not in _INPUTS]
        for name in sorted(names):
            loop = _LOOP.fullmatch(name)
            counts = {"w": (d * (d - 1) // 2, d * (d - 1)), "p": (d, 2 * d)}.get(name)
            if counts is not None:
                whole = kinds[name].kind == "c" and shapes[name] in [(n, V, count, N, N) for count in counts]
                if not whole:
                    found = f"shape {shapes[name]} of {kinds[name]}"
                    raise InputError(
                        f"{self.asked}: {name}", found, f"give ({n}, {V}, {counts[0]}, {N}, {N})"
                    )
                self._fits[name] = _matrices(name, d, self.lattice.extents, shapes[name][2] == counts[1])
            elif loop or name in _CHARGES:
                if shapes[name] != (n, V) or kinds[name].kind not in "fc":
                    found = f"shape {shapes[name]} of {kinds[name]}"
                    raise InputError(f"{self.asked}: {name}", found, f"give numbers of shape ({n}, {V})")
                if loop:
                    m, k = int(loop[1]), int(loop[2])
                    if max(m, k) > max(self.lattice.extents):
                        found = f"a loop larger than {self.lattice}"
                        raise InputError(f"{self.asked}: {name}", found, _WHOLE)
                    self._fits[name] = _traces(m, k, d)
                elif d == 4:
                    self._fits[name] = _charges(name == "QC")
                self.labels.append(name)
                self.ignored.remove(name)

    def _compare(self, name: str, values: Array, links: Array, samples: Array) -> None:
        """Drop the conventions under which the values are not those of the links."""
        if name in ("w", "p"):
            values = np.moveaxis(
                values.reshape(len(samples), *self.lattice.extents, *values.shape[2:]), -3, 1
            )
        else:
            values = values.reshape(len(samples), *self.lattice.extents)
        least: Array | None = None
        kept = {}
        for words, compute in self._fits[name].items():
            expected = compute(links)
            expected = expected if values.dtype.kind == "c" else expected.real
            error = np.abs(expected - values).reshape(len(samples), -1).max(axis=1)
            if error.max() <= _TOLERANCE:
                kept[words] = compute
            if least is None or error.max() < least.max():
                least = error
        assert least is not None
        if not kept:
            self._refuse(samples, least, _TOLERANCE, name)
        self._fits[name] = kept

    def _refuse(self, samples: Array, errors: Array, limit: float, what: str) -> None:
        wrong = np.flatnonzero(~(errors <= limit))
        if len(wrong):
            text = what if what.startswith("links") else f"{what} unlike that of the links u"
            raise InputError(
                f"{self.asked}: sample {samples[wrong[0]]}",
                f"{text} by {errors[wrong[0]]:.1e}, where {limit:.0e} is rounding",
                "do not use it",
            )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Damage shows as any of these errors of HDF5."""
        try:
            yield
        except FileNotFoundError:
            raise InputError(self.asked, "no such file", "give an HDF5 file") from None
        except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
            found = " ".join(str(error).split()) or type(error).__name__
            raise InputError(self.asked, found, "the file is damaged: copy it again") from None


def _matrices(
    name: str, d: int, extents: tuple[int, ...], daggers: bool
) -> dict[str, Callable[[Array], Array]]:
    """What w or p can be, (n, C, *extents, N, N)."""

    def stacked(paths: list[lgt.Path]) -> Callable[[Array], Array]:
        def compute(links: Array) -> Array:
            found = np.stack([lgt.ordered_product(links, path, d) for path in paths], axis=1)
            return np.concatenate([found, dagger(found)], axis=1) if daggers else found

        return compute

    also = ", then their daggers" if daggers else ""
    if name == "p":
        return {f"p{also}": stacked([lgt.line(mu, extents[mu]) for mu in range(d)])}
    theirs = [lgt.plaquette(i, j) for j, i in official_planes(d)]
    ours = [lgt.plaquette(mu, nu) for mu in range(d) for nu in range(mu + 1, d)]
    return {
        f"P_ij with i > j in the authors' order{also}": stacked(theirs),
        f"P_ij with i < j in increasing order{also}": stacked(ours),
    }


def _traces(m: int, k: int, d: int) -> dict[str, Callable[[Array], Array]]:
    """What a trace of a loop can be, (n, *extents): it depends on the axes, which the file does not tell."""

    def along(mu: int, nu: int) -> Callable[[Array], Array]:
        return lambda links: lgt.loop_trace(links, lgt.rectangle(mu, nu, m, k), d)

    return {f"{m} along axis {mu}, {k} along {nu}": along(mu, nu) for mu, nu in permutations(range(d), 2)}


def _charges(clover: bool) -> dict[str, Callable[[Array], Array]]:
    """What a density of the topological charge can be: with or without the trace of Im P."""

    def density(links: Array, traceless: bool) -> Array:
        def part(mu: int, nu: int) -> Array:
            leaves = [(mu, nu), (nu, ~mu), (~mu, ~nu), (~nu, mu)] if clover else [(mu, nu)]
            loops = [lgt.ordered_product(links, lgt.Path((a, b, ~a, ~b)), 4) for a, b in leaves]
            P = sum(loops[1:], start=loops[0]) / len(loops)
            F = (P - dagger(P)) / 2j
            N = F.shape[-1]
            return F - np.einsum("...ii->...", F)[..., None, None] * np.eye(N) / N if traceless else F

        pairs = ((1, (0, 1), (2, 3)), (-1, (0, 2), (1, 3)), (1, (0, 3), (1, 2)))
        products = [sign * np.einsum("...ij,...ji->...", part(*a), part(*b)) for sign, a, b in pairs]
        return np.asarray(sum(products)).real / (4 * np.pi**2)

    kind = "clover" if clover else "plaquettes"
    return {
        f"charge density of {kind}": lambda links: density(links, False),
        f"charge density of traceless {kind}": lambda links: density(links, True),
    }
