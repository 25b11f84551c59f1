"""Files of other programs as a chain: order, links, what is refused, and measurements on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import lgt
from lgt.errors import EnsembleError, InputError, PhysicsError
from lgt.interop import group_configurations, open_configurations

SU3 = lgt.SU(3)
BOX = lgt.Lattice((2, 2, 2, 4))


def written(folder: Path, chain: int, format: str = "ildg", group: lgt.SU = SU3) -> Path:
    path = folder / f"{format}.{group.key}.{chain}"
    lgt.write_configuration(path, lgt.hot(BOX, group, lgt.Stream(1, chain)), format=format)
    return path


def hot(chain: int) -> np.ndarray:
    return lgt.hot(BOX, lgt.SU(3), lgt.Stream(1, chain))


def test_links_come_in_the_order_given(tmp_path: Path) -> None:
    paths = [written(tmp_path, k, format) for k, format in ((2, "nersc"), (0, "ildg"), (1, "openqcd"))]
    chain = open_configurations(paths)
    assert (chain.lattice, chain.group, chain.action, len(chain)) == (BOX, lgt.SU(3), None, 3)
    assert chain.names == tuple(map(str, paths))
    assert chain.finished.shape == (1, 3)
    for place, k in enumerate((2, 0, 1)):
        assert np.array_equal(chain.links(0, place), hot(k))
    assert repr(chain) == "ConfigurationFiles(SU(3), 2x2x2x4, 3 configurations)"
    for chain_number, config in ((0, 3), (0, -1), (1, 0)):
        with pytest.raises(InputError, match="count from 0"):
            chain.links(chain_number, config)


def test_measurements_are_those_of_the_links(tmp_path: Path) -> None:
    chain = open_configurations([written(tmp_path, k) for k in range(3)])
    names = ["wilson_1x2", "energy_clover@flow:0.1:0.05"]
    seen: list[tuple[int, int]] = []
    found = lgt.measure(chain, names, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert list(found) == names
    for name in names:
        observable = lgt.parse_observable(name)
        wanted = np.array([[observable.value(hot(k), 4) for k in range(3)]])
        assert np.array_equal(found[name], wanted)
    assert not list(tmp_path.glob("*measured*"))


def test_an_action_says_which_boundaries_are_open(tmp_path: Path) -> None:
    path = written(tmp_path, 0)
    action = lgt.Wilson(6.0, open=(3,))
    opened = lgt.measure(open_configurations(path, action=action), "wilson_1x1")["wilson_1x1"]
    assert opened[0, 0] != lgt.measure(open_configurations(path), "wilson_1x1")["wilson_1x1"][0, 0]
    with pytest.raises((InputError, PhysicsError)):
        lgt.measure(open_configurations(path, action=action), "polyakov_abs")


def test_one_path_is_a_chain_of_one(tmp_path: Path) -> None:
    path = written(tmp_path, 0)
    for given in (path, str(path), [path]):
        assert len(open_configurations(given)) == 1


def test_other_lattices_and_groups_are_other_chains(tmp_path: Path) -> None:
    paths = [written(tmp_path, 0), written(tmp_path, 1, group=lgt.SU(2)), written(tmp_path, 2)]
    chains = group_configurations(paths)
    assert [(each.group, each.names) for each in chains] == [
        (lgt.SU(3), (str(paths[0]), str(paths[2]))),
        (lgt.SU(2), (str(paths[1]),)),
    ]
    with pytest.raises(InputError, match=r"SU\(3\) on 2x2x2x4 .* and SU\(2\)"):
        open_configurations(paths)
    with pytest.raises(InputError, match="no file"):
        open_configurations([])


def test_a_damaged_file_is_found_before_anything_is_measured(tmp_path: Path) -> None:
    good, bad = written(tmp_path, 0), written(tmp_path, 1)
    content = bytearray(bad.read_bytes())
    content[len(content) // 2] ^= 0x10
    bad.write_bytes(content)
    with pytest.raises(EnsembleError):
        open_configurations([good, bad])
    with pytest.raises(InputError, match="no such file"):
        open_configurations([good, tmp_path / "none"])


def test_a_file_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    paths = [written(tmp_path, k) for k in (0, 1)]
    chain = open_configurations(paths)
    written(tmp_path, 5, group=lgt.SU(2)).replace(paths[0])
    with pytest.raises(InputError, match="leave files alone"):
        chain.links(0, 0)


def test_an_ensemble_of_ours_is_no_foreign_file(tmp_path: Path) -> None:
    out = tmp_path / "ens.h5"
    run = lgt.RunConfig(group="SU2", lattice="4x4", beta=2.0, configs=1, thermalise=1, out=out)
    lgt.generate(run).close()
    with pytest.raises(InputError, match=r"Ensemble\.open"):
        open_configurations(out)
