import contextlib
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from oracle import official_lcnn as oracle

from lcnn.data import open_dataset
from lcnn.official import import_data
from lcnn.official._folder import new_folder
from lgt.ensemble import Ensemble
from lgt.errors import InputError, StorageError
from lgt.group import SU

BETAS = (0.1, 2.0)


def loop(u: Any, extents: tuple[int, ...], x: int, sides: tuple[tuple[int, int], ...]) -> complex:
    """(1/N) tr along the sides (axis, steps) from x, by single steps."""
    N = u.shape[-1]
    product = np.eye(N, dtype=complex)
    for mu, steps in sides:
        for _ in range(abs(steps)):
            if steps > 0:
                product, x = product @ u[x, mu], oracle.neighbour(x, extents, mu, 1)
            else:
                x = oracle.neighbour(x, extents, mu, -1)
                product = product @ u[x, mu].conj().T
    return complex(np.trace(product) / N)


def charges(u: Any, extents: tuple[int, ...]) -> dict[str, Any]:
    """eps_mnrs tr(Im P_mn Im P_rs) / (32 pi^2), all 24 terms, of plaquettes and of means of four leaves."""

    def walk(one: Any, x: int, steps: tuple[tuple[int, int], ...]) -> Any:
        product = np.eye(one.shape[-1], dtype=complex)
        for mu, sign in steps:
            y = oracle.neighbour(x, extents, mu, sign)
            product, x = product @ (one[x, mu] if sign > 0 else one[y, mu].conj().T), y
        return product

    def leaf(one: Any, x: int, v: tuple[int, int], w: tuple[int, int]) -> Any:
        return walk(one, x, (v, w, (v[0], -v[1]), (w[0], -w[1])))

    found: dict[str, Any] = {"QP": np.zeros(u.shape[:2]), "QC": np.zeros(u.shape[:2])}
    for s, one in enumerate(u):
        for x in range(u.shape[1]):
            for name in found:
                F = {}
                for m, k in permutations(range(4), 2):
                    v, w, back, down = (m, 1), (k, 1), (m, -1), (k, -1)
                    leaves = [(v, w)] if name == "QP" else [(v, w), (w, back), (back, down), (down, v)]
                    P = np.mean([leaf(one, x, a, b) for a, b in leaves], axis=0)
                    F[m, k] = (P - P.conj().T) / 2j
                for mu in permutations(range(4)):
                    sign = np.linalg.det(np.eye(4)[list(mu)])
                    trace = np.trace(F[mu[0], mu[1]] @ F[mu[2], mu[3]]).real
                    found[name][s, x] += sign * trace / (32 * np.pi**2)
    return {name: values.astype(np.float32) for name, values in found.items()}


def write_file(
    path: Path,
    extents: tuple[int, ...] = (3, 4),
    N: int = 2,
    each: int = 3,
    seed: int = 0,
    daggers: bool = False,
) -> dict[str, Any]:
    """A file as the authors' scripts make it, computed with the oracle's loops."""
    D, V = len(extents), int(np.prod(extents))
    n = each * len(BETAS)
    u = SU(N).haar(np.random.default_rng(seed), (n, V, D))
    x = oracle.make_input(u, extents, daggers)
    w = (x[..., 0] + 1j * x[..., 1])[:, :, D:]
    sides = ((0, 1), (1, 2), (0, -1), (1, -2))
    p = np.empty((n, V, D, N, N), dtype=complex)
    for s in range(n):
        for y in range(V):
            for mu in range(D):
                product, there = np.eye(N, dtype=complex), y
                for _ in range(extents[mu]):
                    product, there = product @ u[s, there, mu], oracle.neighbour(there, extents, mu, 1)
                p[s, y, mu] = product
    content = {
        "u": u.astype(np.complex64),
        "w": w.astype(np.complex64),
        "p": p.astype(np.complex64),
        "beta": np.repeat(np.array(BETAS, dtype=np.float32), each),
        "dims": np.array(extents),
        "trW_1x2": np.array([[loop(one, extents, y, sides) for y in range(V)] for one in u]).astype(
            np.complex64
        ),
        "QP": np.random.default_rng(1).standard_normal((n, V)).astype(np.float32),
        **(charges(u, extents) if D == 4 else {}),
        "trP": np.trace(p[:, : V // extents[0], 0], axis1=-2, axis2=-1).real.astype(np.float32),
    }
    save(path, content)
    return content


def save(path: Path, content: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        for name, values in content.items():
            file[name] = values


@pytest.mark.parametrize(
    ("extents", "N", "daggers"), [((3, 4), 2, False), ((3, 2, 4), 3, True), ((2, 2, 3, 2), 2, False)]
)
def test_data_become_an_ensemble_for_each_beta(tmp_path, extents, N, daggers):
    content = write_file(tmp_path / "a.hdf5", extents, N, daggers=daggers)
    found = import_data([tmp_path / "a.hdf5"], tmp_path / "out", chains=2)
    assert found.betas == BETAS
    assert [path.name for path in found.ensembles] == ["beta-0.1.h5", "beta-2.0.h5"]
    assert found.ignored == ("trP",)
    assert found.unchecked == (() if len(extents) == 4 else ("QP",))
    assert ("QP: charge density of plaquettes" in found.checked) == (len(extents) == 4)
    assert ("QC: charge density of clover" in found.checked) == (len(extents) == 4)
    assert any("i > j" in line for line in found.checked)
    assert "trW_1x2: 1 along axis 0, 2 along 1" in found.checked
    d = len(extents)
    for b, path in enumerate(found.ensembles):
        with Ensemble.open(path) as ensemble:
            ensemble.verify()
            assert ensemble.action.beta == BETAS[b]
            assert ensemble.spec.precision == "float32"
            assert ensemble.finished.tolist() == [[True, True], [True, False]]
            for chain, config, sample in ((0, 0, 0), (0, 1, 1), (1, 0, 2)):
                links = ensemble.links(chain, config)
                expected = content["u"][3 * b + sample].reshape(*extents, d, N, N)
                assert np.array_equal(links, np.moveaxis(expected, d, 0))
        names = ["QC", "QP", "trW_1x2"] if d == 4 else ["QP", "trW_1x2"]
        assert found.targets == tuple(f"{tmp_path}/out/labels/{{ensemble}}.h5:{name}" for name in names)
        for target, label in zip(found.targets, names, strict=True):
            targets = open_dataset([path], target, per="site").targets.numpy()
            expected = content[label][3 * b : 3 * b + 3].real.reshape(3, *extents)
            np.testing.assert_allclose(targets.reshape(expected.shape), expected, rtol=0, atol=1e-7)


def test_their_labels_are_our_observable_in_two_dimensions(tmp_path):
    write_file(tmp_path / "a.hdf5")
    found = import_data([tmp_path / "a.hdf5"], tmp_path / "out")
    ours = open_dataset(found.ensembles, "wilson_1x2", per="site").targets
    theirs = open_dataset(found.ensembles, found.targets[1], per="site").targets
    assert float(ours.std()) > 0.1
    # ours is the mean over mu < nu of the loop 1 along mu, 2 along nu: the same one here
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=1e-5)


def test_several_files_are_chains_of_one_ensemble(tmp_path):
    for k, name in enumerate(("train", "val", "test")):
        write_file(tmp_path / name, seed=k, each=3 - k)
    found = import_data([tmp_path / name for name in ("train", "val", "test")], tmp_path / "out")
    assert found.configurations == 12
    with Ensemble.open(found.ensembles[0]) as ensemble:
        assert ensemble.finished.sum(axis=1).tolist() == [3, 2, 1]
    write_file(tmp_path / "other", extents=(4, 4))
    with pytest.raises(InputError, match="lattice 4x4 beside 3x4"):
        import_data([tmp_path / "train", tmp_path / "other"], tmp_path / "new")
    with pytest.raises(InputError, match="ask for fewer chains"):
        import_data([tmp_path / "train"], tmp_path / "new", chains=4)
    with pytest.raises(InputError, match="something of that name"):
        import_data([tmp_path / "train"], tmp_path / "out")
    assert not (tmp_path / "new").exists()


def test_samples_of_mixed_betas_are_sorted(tmp_path):
    content = write_file(tmp_path / "a.hdf5")
    order = [0, 3, 1, 4, 2, 5]
    save(tmp_path / "b.hdf5", {k: v if k == "dims" else v[order] for k, v in content.items()})
    found = import_data([tmp_path / "b.hdf5"], tmp_path / "out")
    with Ensemble.open(found.ensembles[1]) as ensemble:
        links = np.moveaxis(ensemble.links(0, 1), 0, 2).reshape(content["u"][4].shape)
    assert np.array_equal(links, content["u"][4])


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda content: {**content, name: change(content[name].copy())}


def nudge(values: Any, by: complex = 1e-3) -> Any:
    values.reshape(-1)[values.size // 2] += by
    return values


WRONG: list[tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = [
    (changed("u", nudge), r"sample 3: found links off SU\(2\) by [12]\.\de-03"),
    (changed("u", lambda u: np.swapaxes(u, -1, -2)), "sample 0: found .* unlike that of the links u by"),
    (changed("u", lambda u: u * np.exp(0.1j)), r"links off SU\(2\)"),
    (changed("u", lambda u: u * np.nan), "links off"),
    (changed("u", lambda u: u.real), "float32 on 3x4"),
    (changed("u", lambda u: u[:, 1:]), r"give complex \(samples, 12, 2, N, N\)"),
    (changed("w", nudge), "w unlike that of the links u by 1.0e-03"),
    (changed("w", lambda w: np.concatenate([w, w, w], 2)), "w: found shape"),
    (changed("p", nudge), "p unlike"),
    (changed("trW_1x2", nudge), "trW_1x2 unlike that of the links u by 1.0e-03"),
    (changed("trW_1x2", lambda t: t[::-1]), "trW_1x2 unlike"),
    (changed("trW_1x2", lambda t: t * np.nan), "not finite"),
    (changed("QP", lambda q: q / 0), "not finite"),
    (changed("QP", lambda q: q[:, :3]), "QP: found shape"),
    (changed("beta", lambda b: b[1:]), "give 6 finite numbers"),
    (changed("beta", lambda b: b * np.inf), "give 6 finite numbers"),
    (changed("dims", lambda n: n[::-1] * 2), "on 8x6"),
    (changed("dims", lambda n: n * 1.0), "two extents"),
    (lambda c: {k: v for k, v in c.items() if k != "u"}, "no dataset 'u'"),
    (lambda c: {**c, "trW_1x50": c["trW_1x2"]}, "larger than 3x4"),
]


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize(("change", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_file_that_contradicts_itself_is_refused_with_numbers(tmp_path, change, words):
    content = write_file(tmp_path / "a.hdf5")
    save(tmp_path / "b.hdf5", change(content))
    with pytest.raises(InputError, match=words) as caught:
        import_data([tmp_path / "b.hdf5"], tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.hdf5", "b.hdf5"]


def test_sites_in_another_order_are_seen(tmp_path):
    content = write_file(tmp_path / "a.hdf5")
    order = np.arange(12).reshape(3, 4).T.reshape(-1)  # Fortran order
    per_site = ("u", "w", "p", "trW_1x2", "QP")
    other = {k: v[:, order] if k in per_site else v for k, v in content.items()}
    save(tmp_path / "b.hdf5", other)
    with pytest.raises(InputError, match="unlike that of the links"):
        import_data([tmp_path / "b.hdf5"], tmp_path / "out")


def test_wrong_charges_are_seen(tmp_path):
    content = write_file(tmp_path / "a.hdf5", (2, 2, 3, 2), each=1)
    for name in ("QP", "QC"):
        for k, wrong in enumerate((-content[name], content["QP"] + content["QC"], content[name][:, ::-1])):
            save(tmp_path / "b.hdf5", {**content, name: wrong})
            with pytest.raises(InputError, match=f"{name} unlike that of the links u by"):
                import_data([tmp_path / "b.hdf5"], tmp_path / f"out{k}")


def test_a_folder_appears_complete_or_not_at_all(tmp_path):
    def write(path: Path, error: BaseException | None = None) -> None:
        with new_folder(path) as folder:
            (folder / "file").write_text("whole" if error is None else "half")
            if error is not None:
                raise error

    with pytest.raises(InputError, match="no folder"):
        write(tmp_path / "none" / "out")
    with pytest.raises(StorageError, match="No space left"):
        write(tmp_path / "out", OSError(28, "No space left on device"))
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "out", KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []
    write(tmp_path / "out")
    assert (tmp_path / "out" / "file").read_text() == "whole"


def test_flipped_bytes_never_give_a_traceback(tmp_path):
    write_file(tmp_path / "a.hdf5", each=1)
    content, rng, refused = (tmp_path / "a.hdf5").read_bytes(), np.random.default_rng(5), 0
    for k in range(100):
        flipped = bytearray(content)
        for place in rng.integers(0, 4000 if k % 2 else len(content), 3):
            flipped[place] ^= int(rng.integers(1, 256))
        (tmp_path / "b").write_bytes(flipped)
        with contextlib.suppress(InputError):
            import_data([tmp_path / "b"], tmp_path / f"out{k}")
            continue
        refused += 1
        assert not (tmp_path / f"out{k}").exists()
    assert refused > 30


def test_damaged_files_give_one_line(tmp_path):
    write_file(tmp_path / "a.hdf5", each=1)
    content, rng, path = (tmp_path / "a.hdf5").read_bytes(), np.random.default_rng(0), tmp_path / "bad"
    tries = [content[:n] for n in rng.integers(0, len(content) - 1, 30)] + [b"", rng.bytes(300), content[:8]]
    for k, bad in enumerate(tries):
        path.write_bytes(bad)
        with pytest.raises(InputError) as caught:
            import_data([path], tmp_path / f"out{k}")
        assert "\n" not in str(caught.value)
        assert not (tmp_path / f"out{k}").exists()
    assert len(tries) == 33
    with pytest.raises(InputError, match="no such file"):
        import_data([tmp_path / "none"], tmp_path / "out")
