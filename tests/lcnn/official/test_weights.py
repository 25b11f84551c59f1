import argparse
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from oracle import official_lcnn as oracle

from lcnn.checkpoint import load_model
from lcnn.models import published_models, wilson_loop
from lcnn.official import convert_weights, read_weights, write_model
from lgt.errors import InputError
from lgt.group import SU, UnitaryGroup

EXTENTS = {2: (3, 4), 3: (3, 2, 4), 4: (3, 2, 2, 3)}


def tensors(state: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {key: torch.tensor(value) for key, value in state.items()}


def both_predictions(
    path: Path, state: dict[str, Any], group: UnitaryGroup, d: int, sizes: list[int], **options: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Of the imported model and of the oracle, (B, V) each."""
    daggers, given = options.pop("daggers", False), options.pop("given", {})
    extents = EXTENTS[d]
    links = group.haar(np.random.default_rng(d), (2, *extents, d))
    u = links.reshape(2, -1, d, group.N, group.N)
    expected = oracle.predict(state, oracle.make_input(u, extents, daggers), extents, sizes, **options)
    torch.save({"state_dict": tensors(state), "epoch": 3}, path)
    imported = read_weights(path, **given)
    with torch.no_grad():
        found = imported.model(torch.tensor(np.moveaxis(links, 1 + d, 1)))
    return found.numpy().reshape(2, -1), expected


CASES: list[tuple[int, int, list[tuple[int, int, int]], dict[str, Any]]] = [
    (2, 2, [(2, 1, 2), (3, 2, 2)], {}),
    (2, 3, [(3, 1, 2), (2, 2, 2)], {"local": False}),
    (2, 3, [(2, 1, 2), (3, 2, 1)], {"symmetric": True, "given": {"directions": "both"}}),
    (2, 3, [(2, 2, 2)], {"daggers": True}),
    (2, 2, [(3, 1, 2)], {"steps": 2, "given": {"dilation": 2, "directions": "positive"}}),
    (3, 2, [(2, 3, 2)], {}),
    (3, 3, [(2, 3, 2)], {"symmetric": True, "given": {"directions": "both"}}),
    (3, 3, [(2, 6, 2)], {"daggers": True, "given": {"d": 3}}),
    (4, 2, [(2, 6, 2)], {}),
    (4, 3, [(2, 6, 2)], {"local": False, "given": {"d": 4}}),
    (4, 2, [(1, 12, 2)], {"daggers": True}),
]


@pytest.mark.parametrize(("d", "N", "rows", "options"), CASES, ids=str)
def test_an_imported_model_predicts_what_the_formulas_say(d, N, rows, options, tmp_path):
    weights = {k: v for k, v in options.items() if k in ("local", "symmetric")}
    state = oracle.random_state(rows, d, seed=7, **weights)
    found, expected = both_predictions(
        tmp_path / "a.ckpt", state, SU(N), d, [r[0] for r in rows], **dict(options)
    )
    assert expected.std() > 1e-2
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def columns(order: list[int]) -> Any:
    def change(weight: np.ndarray) -> np.ndarray:
        assert sorted(order) == list(range(weight.shape[2]))
        return weight[:, :, order]

    return change


# Columns of a symmetric layer K = 2 or 3, C = 2, D = 2, in another order than the published one.
def permuted(kind: str, C: int = 2, D: int = 2, K: int = 3) -> list[int]:
    slots: list[Any] = ["local", *((a, o, k) for a in range(D) for o in (-1, 1) for k in range(1, K))]
    if kind == "forwards first":
        other = ["local", *((a, o, k) for a in range(D) for o in (1, -1) for k in range(1, K))]
    elif kind == "hops before axes":
        other = ["local", *((a, o, k) for k in range(1, K) for a in range(D) for o in (-1, 1))]
    elif kind == "orientation before axes":
        other = ["local", *((a, o, k) for o in (-1, 1) for a in range(D) for k in range(1, K))]
    elif kind == "local last":
        other = [*slots[1:], "local"]
    else:
        other = slots
    n = len(slots) * C
    order = [slots.index(slot) * C + c for slot in other for c in range(C)]
    if kind == "channels slowest":
        order = [s * C + c for c in range(C) for s in range(len(slots))]
    if kind == "daggers interleaved":
        return [x for i in range(n) for x in (i, n + i)] + [2 * n]
    if kind == "unit first":
        return [2 * n, *range(2 * n)]
    return order + [n + i for i in order] + [2 * n]


KINDS = ["forwards first", "hops before axes", "orientation before axes", "local last", "channels slowest",
         "daggers interleaved", "unit first"]  # fmt: skip


@pytest.mark.parametrize("kind", ["published", *KINDS])
def test_columns_in_another_order_are_another_network(kind, tmp_path):
    rows = [(3, 2, 2)]
    state = oracle.random_state(rows, 2, seed=3, symmetric=True)
    order = permuted(kind)
    given = {"directions": "both"}
    options: dict[str, Any] = {"symmetric": True, "daggers": True, "given": given}
    _, expected = both_predictions(tmp_path / "a.pt", state, SU(3), 2, [3], **dict(options))
    other = {**state, "convs.0.weight": columns(order)(state["convs.0.weight"])}
    found, _ = both_predictions(tmp_path / "b.pt", other, SU(3), 2, [3], **dict(options))
    error = np.abs(found - expected).max()
    assert (error < 1e-12) if kind == "published" else (error > 1e-3), error


def test_a_network_without_unit_matrices_is_that_with_zeros_there(tmp_path):
    state = oracle.random_state([(2, 1, 2), (2, 2, 2)], 2, seed=9)
    for i in (0, 1):
        state[f"convs.{i}.weight"][:, -1] = 0
        state[f"convs.{i}.weight"][:, :, -1] = 0
    full, expected = both_predictions(tmp_path / "a.pt", state, SU(3), 2, [2, 2])
    cut = {k: v[:, :-1, :-1] if k.startswith("convs") else v for k, v in state.items()}
    found = convert_weights(tensors(cut))
    assert found.model.spec["unit"] is False
    links = SU(3).haar(np.random.default_rng(2), (2, 3, 4, 2))
    with torch.no_grad():
        without = found.model(torch.tensor(np.moveaxis(links, 3, 1))).numpy().reshape(2, -1)
    np.testing.assert_allclose(full, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(without, expected, rtol=0, atol=1e-12)


def test_plaquettes_the_other_way_round_or_in_another_order_are_seen(tmp_path):
    for d, rows in ((2, [(2, 1, 2)]), (4, [(1, 6, 2)])):
        state = oracle.random_state(rows, d, seed=5)
        given = {"given": {"planes": "increasing", "d": d}}
        found, expected = both_predictions(tmp_path / f"{d}.pt", state, SU(3), d, [rows[0][0]], **given)
        assert np.abs(found - expected).max() > 1e-3


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("key", published_models(), ids=str)
def test_every_published_network_is_recognised_by_its_shapes(key, centre):
    d, loop, size = key
    model = wilson_loop(loop, size, d=d, centre=centre)
    state = {f"convs.{i}.weight": layer.weight for i, layer in enumerate(model.layers)}
    state |= {f"linears.0.{part}": getattr(model.head.linear, part) for part in ("weight", "bias")}
    found = convert_weights(state, d=d, directions="positive").model
    assert found.weights == model.weights
    assert found.spec["layers"] == model.spec["layers"]
    assert found.spec["centre"] == centre or max(K for K, *_ in found.spec["layers"]) == 1


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        ([(4, 13, 157)], "give d"),
        ([(2, 3, 11)], "give directions"),
        ([(2, 3, 11), (2, 5, 21)], "give directions"),
    ],
)
def test_shapes_that_two_networks_have_need_a_word(shapes, words):
    state = {f"convs.{i}.weight": torch.zeros(shape) for i, shape in enumerate(shapes)}
    state |= {"linears.0.weight": torch.zeros(1, 2 * shapes[-1][0]), "linears.0.bias": torch.zeros(1)}
    with pytest.raises(InputError, match=words):
        convert_weights(state)


def test_one_layer_can_settle_what_another_leaves_open():
    # S = 5 is K = 3 forwards or K = 2 both ways; S = 3 is K = 2 forwards alone.
    state = {"convs.0.weight": torch.zeros(2, 3, 11), "convs.1.weight": torch.zeros(2, 5, 13)}
    state |= {"linears.0.weight": torch.zeros(1, 4), "linears.0.bias": torch.zeros(1)}
    assert convert_weights(state).model.spec["layers"] == [[3, 1, 2], [2, 2, 2]]


def small(**changes: Any) -> dict[str, Any]:
    state = tensors(oracle.random_state([(2, 1, 2)], 2, seed=1))
    return {key: value for key, value in {**state, **changes}.items() if value is not None}


def test_hyperparameters_beside_the_weights_are_heard(tmp_path):
    state = {**small(), "convs.0.weight": torch.randn(2, 3, 11)}
    said = {
        "dims": [8, 8],
        "conv_kernel_size": [2],
        "conv_dilation": [2],
        "symmetric": True,
        "output_norm": 100.0,
    }
    torch.save({"state_dict": state, "hyper_parameters": said}, tmp_path / "a.ckpt")
    found = read_weights(tmp_path / "a.ckpt")
    spec = found.model.spec
    assert (spec["layers"], spec["directions"], spec["dilation"]) == ([[2, 1, 2]], "both", 2)
    assert "labels times 100" in found.inferred[-1]
    with pytest.raises(InputError, match="only d = 2"):
        convert_weights(state, said={"conv_kernel_size": [4]})
    first = small(**{"convs.0.weight": torch.randn(2, 3, 5)})  # no local slot: dilation + 1 steps a hop
    assert convert_weights(first, said={"conv_dilation": [0]}).model.spec["dilation"] == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"conv_dilation": [0, 0]}, "[0, 0]: found hops of 0 sites; give dilation"),
        ({"conv_dilation": [-1, -1]}, "found hops of -1 sites"),
        ({"conv_dilation": [1, 2]}, "found several"),
        ({"conv_dilation": []}, "[]: found 0 numbers for 2 layers"),
        ({"conv_dilation": [1]}, "found 1 numbers for 2 layers"),
        ({"conv_dilation": 1}, "no list of whole numbers"),
        ({"conv_kernel_size": []}, "[]: found 0 numbers for 2 layers"),
        ({"conv_kernel_size": [2]}, "found 1 numbers for 2 layers"),
        ({"conv_kernel_size": [2, "2"]}, "no list of whole numbers"),
    ],
)
def test_hyperparameters_that_do_not_fit_are_refused(said, words):
    state = small(**{"convs.1.weight": torch.randn(2, 5, 13)})
    with pytest.raises(InputError, match=f"^weights: conv_.*{re.escape(words)}"):
        convert_weights(state, said=said)
    assert convert_weights(state, said={"conv_dilation": [2, 2, 3]}).model.spec["dilation"] == 2


@pytest.mark.parametrize("planes", ["nonsense", None, ["official"], "Official"])
def test_an_unknown_order_of_planes_is_refused(planes):
    with pytest.raises(InputError, match=r"^planes = .*; use official or increasing"):
        convert_weights(small(), planes=planes)


@pytest.mark.parametrize(
    "options", [{"directions": "up"}, {"d": 0}, {"d": "2"}, {"dilation": 0}, {"dilation": 1.5}]
)
def test_an_option_that_is_none_is_refused_by_its_name(options):
    with pytest.raises(InputError, match=f"^{next(iter(options))} = .*; (use|give)"):
        convert_weights(small(), **options)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (small(**{"convs.1.weight": torch.zeros(2, 3, 7)}), "1 channels after a layer of 2"),
        (small(**{"convs.0.weight": torch.full((2, 3, 7), torch.nan)}), "not finite"),
        (small(**{"convs.0.weight": torch.zeros(2, 3, 6)}), "which are not"),
        (small(**{"convs.0.weight": torch.zeros(2, 9, 9)}), "no network"),
        (small(**{"convs.0.weight": torch.zeros(2, 3)}), "shape"),
        (small(**{"convs.0.weight": torch.zeros(2, 3, 7, dtype=torch.int64)}), "int64"),
        (small(**{"convs.0.weight": [1.0]}), "a list"),
        (small(**{"convs.0.weight": None}), "no convs.0.weight"),
        (small(**{"convs.0.weight": None, "convs.1.weight": torch.zeros(2, 3, 7)}), "no convs.0.weight"),
        (small(**{"linears.0.weight": torch.zeros(1, 2)}), "after 2 channels"),
        (small(**{"linears.0.bias": None}), "no linears.0.bias"),
        (small(**{"linears.2.weight": torch.zeros(1, 2)}), "head of 2 linear layers"),
        (small(**{"convs.0.weight0": torch.zeros(2)}), "the key 'convs.0.weight0'"),
        ({}, "no convs.0.weight"),
    ],
)  # fmt: skip
def test_other_states_are_refused_in_one_line(state, words):
    with pytest.raises(InputError, match=words) as caught:
        convert_weights(state)
    assert "\n" not in str(caught.value)


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path):
    mark, path = tmp_path / "ran", tmp_path / "evil.ckpt"
    for content in (
        {"state_dict": small(), "x": Evil(mark)},
        {"state_dict": small(), "h": argparse.Namespace()},
    ):
        torch.save(content, path)
        with pytest.raises(InputError, match="save the weights alone"):
            read_weights(path)
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(InputError, match="save the weights alone"):
            read_weights(path)
    assert not mark.exists()


def test_damaged_files_give_one_line(tmp_path):
    good, path = tmp_path / "good.pt", tmp_path / "bad.pt"
    torch.save({"state_dict": small()}, good)
    assert zipfile.is_zipfile(good)
    content, rng, refused = good.read_bytes(), np.random.default_rng(0), 0
    tries = [content[:n] for n in rng.integers(0, len(content), 40)]
    tries += [rng.bytes(n) for n in (0, 1, 10, 1000)] + [b"PK\x03\x04", b"\x80\x02.", b"\x80\x02}."]
    for bad in tries:
        path.write_bytes(bad)
        with pytest.raises(InputError) as caught:
            read_weights(path)
        assert "\n" not in str(caught.value)
        refused += 1
    for _ in range(60):  # flipped bytes may fall where nothing looks
        flipped = bytearray(content)
        for place in rng.integers(0, len(content), 4):
            flipped[place] ^= int(rng.integers(1, 256))
        path.write_bytes(flipped)
        line = ""
        try:
            read_weights(path)
        except InputError as error:
            line = str(error)
        assert "\n" not in line
        refused += bool(line)
    assert refused > len(tries)
    with pytest.raises(InputError, match="no such file"):
        read_weights(tmp_path / "none.pt")


def test_an_imported_model_is_written_as_a_checkpoint(tmp_path):
    state = small()
    torch.save(state, tmp_path / "a.pt")
    imported = read_weights(tmp_path / "a.pt")
    assert imported.dtype == "float64"
    write_model(tmp_path / "out", imported, group=SU(2), target="wilson_1x2", source="a.pt")
    model, about = load_model(tmp_path / "out")
    links = torch.randn(1, 2, 4, 4, 2, 2, dtype=torch.complex128)
    assert torch.equal(model(links), imported.model(links))
    assert (about["target"], about["N"], about["group"]) == ("wilson_1x2", 2, "SU2")
    with pytest.raises(InputError, match="something of that name"):
        write_model(tmp_path / "out", imported, group=SU(2), target="wilson_1x2", source="a.pt")
    with pytest.raises(InputError, match="wilson_lx2"):
        write_model(tmp_path / "new", imported, group=SU(2), target="wilson_lx2", source="a.pt")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pt", "out"]
    single = convert_weights({key: value.float() for key, value in state.items()})
    assert single.dtype == "float32"
