"""Linear algebra of unitary and antihermitian matrices, over leading axes; no group is known here."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lgt.errors import InputError

Complex = NDArray[np.complex128]
Real = NDArray[np.float64]


def dagger(M: Complex) -> Complex:
    """Return the conjugate transpose of the last two axes."""
    return np.asarray(np.conj(np.swapaxes(M, -1, -2)))


def from_eigen(values: ArrayLike, V: Complex) -> Complex:
    """Return V diag(values) V^+."""
    return np.asarray((V * np.asarray(values)[..., None, :]) @ dagger(V))


def exp_antihermitian(X: Complex) -> Complex:
    """Return the exponential of antihermitian matrices, unitary to rounding."""
    N = X.shape[-1]
    if N == 1:
        return np.asarray(np.exp(1j * X.imag))
    if N == 2:
        return _exp_2x2(X)
    values, V = np.linalg.eigh(-1j * X)
    # e^{iw} - 1 = 2i sin(w/2) e^{iw/2}: the rounding of V then enters in proportion to X
    half = values / 2
    return np.asarray(np.eye(N) + from_eigen(2j * np.sin(half) * np.exp(1j * half), V))


def _exp_2x2(X: Complex) -> Complex:
    """Return e^{i t} (cos r + sin r / r Y) with X = i t + Y, Y traceless, Y^2 = -r^2."""
    t = (X[..., 0, 0].imag + X[..., 1, 1].imag) / 2
    a = (X[..., 0, 0].imag - X[..., 1, 1].imag) / 2
    b = (X[..., 0, 1] - np.conj(X[..., 1, 0])) / 2
    r = np.sqrt(a**2 + b.real**2 + b.imag**2)
    cos, sinc = np.cos(r), np.sinc(r / np.pi)
    phase = np.exp(1j * t)
    out = np.empty(X.shape, dtype=np.complex128)
    out[..., 0, 0], out[..., 0, 1] = phase * (cos + 1j * a * sinc), phase * (b * sinc)
    out[..., 1, 0], out[..., 1, 1] = phase * (-np.conj(b) * sinc), phase * (cos - 1j * a * sinc)
    return out


def diagonalise_unitary(U: Complex) -> tuple[Real, Complex]:
    """Return angles in (-pi, pi], shape (..., N), and unitary V with U = V diag(e^{i angles}) V^+.

    General eigensolvers lose the orthogonality of V where eigenvalues meet. So the hermitian Cayley
    transform C = -i (U' - 1)(U' + 1)^-1 is diagonalised instead, whose eigenvalues are tan(angle / 2).
    U' = U e^{-i shift} is turned such that the widest gap of the spectrum, at least 2 pi / N, lies
    around -1, which bounds C by cot(pi / 2N).
    """
    N = U.shape[-1]
    rough = np.sort(np.angle(np.linalg.eigvals(U)), axis=-1)
    gaps = np.diff(rough, axis=-1, append=rough[..., :1] + 2 * np.pi)
    widest = np.argmax(gaps, axis=-1)[..., None]
    middle = np.take_along_axis(rough + gaps / 2, widest, axis=-1)
    shift = middle - np.pi
    turned = U * np.exp(-1j * shift)[..., None]
    one = np.eye(N)
    C = -1j * np.linalg.solve(turned + one, turned - one)
    values, V = np.linalg.eigh((C + dagger(C)) / 2)
    angles = 2 * np.arctan(values) + shift
    return np.pi - np.mod(np.pi - angles, 2 * np.pi), V


def polar(M: Complex, name: str) -> Complex:
    """Return the unitary polar factor W of M = W H, H positive; `name` is for the error message.

    Raises
    ------
    InputError
        If a matrix is singular to rounding.
    """
    W, s, Vh = np.linalg.svd(M)
    if np.any(s[..., -1] <= 1e-14 * s[..., 0]):
        raise InputError(f"projection on {name}", "a singular matrix", "project invertible matrices only")
    return np.asarray(W @ Vh)


def orthonormal_rows(M: Complex) -> Complex:
    """Return M with its rows orthonormalised in order (modified Gram-Schmidt)."""
    out = M.copy()
    for i in range(M.shape[-1]):
        for j in range(i):
            overlap = np.sum(out[..., i, :] * np.conj(out[..., j, :]), axis=-1, keepdims=True)
            out[..., i, :] -= overlap * out[..., j, :]
        out[..., i, :] /= np.linalg.norm(out[..., i, :], axis=-1, keepdims=True)
    return out


@lru_cache(maxsize=16)
def gell_mann(N: int) -> Complex:
    """Return -i/2 times the generalised Gell-Mann matrices, shape (N^2 - 1, N, N), read-only.

    In the usual order (Pauli for N = 2, Gell-Mann for N = 3): for k = 1, ..., N-1 the symmetric and
    antisymmetric pairs (j, k), j < k, then the diagonal matrix of k.
    """
    hermitian = []
    for k in range(1, N):
        for j in range(k):
            symmetric, antisymmetric = np.zeros((N, N), complex), np.zeros((N, N), complex)
            symmetric[j, k] = symmetric[k, j] = 1
            antisymmetric[j, k], antisymmetric[k, j] = -1j, 1j
            hermitian += [symmetric, antisymmetric]
        diagonal = np.where(np.arange(N) < k, 1.0, 0.0)
        diagonal[k] = -k
        hermitian.append(np.diag(diagonal * np.sqrt(2 / (k * (k + 1)))))
    out = -0.5j * np.array(hermitian)
    out.setflags(write=False)
    return out
