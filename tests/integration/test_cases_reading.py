"""The development cases read from disk: the pair found, and its HU exactly those of the truth."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from node.dicom.reading.header import read_instance
from node.dicom.reading.pixels import load_pair
from node.domain.instance import Instance
from node.domain.pairing import PairingOutcome, find_pair
from node.domain.reason import ReasonCode

CASES = Path(__file__).parents[3] / "shared" / "data" / "cases"
NAMES = [
    "d01_right_spread",
    "d02_left_touching_acro",
    "d03_control_right",
    "d04_left_gout_flexed",
    "d05_both_forearm",
]
TUBES = {"d01": ("80 kV", "Sn140 kV"), "d02": ("80 kV", "140 kV"), "d03": ("100 kV", "Sn140 kV")}
TUBES |= {"d04": ("80 kV", "Sn140 kV"), "d05": ("80 kV", "Sn150 kV")}

pytestmark = [
    pytest.mark.cases,
    pytest.mark.skipif(not CASES.is_dir(), reason="the development cases are not on this machine"),
]


@cache
def _read(name: str) -> tuple[tuple[Instance, ...], dict[str, Path]]:
    paths = sorted((CASES / name / "dicom").rglob("*.dcm"))
    instances = tuple(read_instance(p) for p in paths)
    return instances, {i.sop_instance_uid: p for i, p in zip(instances, paths, strict=True)}


def _truth(name: str) -> tuple[dict[str, Any], Any, Any]:
    truth = json.loads((CASES / name / "truth" / "truth.json").read_text())
    with np.load(CASES / name / "truth" / "labels.npz") as archive:
        return truth, archive["labels"], archive["affine_lps"]


@pytest.mark.parametrize("name", NAMES)
def test_pair_and_verdicts(name: str) -> None:
    instances, _ = _read(name)
    pairing = find_pair(instances)
    assert pairing.outcome is PairingOutcome.PAIRED
    assert pairing.reasons == ()
    assert pairing.pair is not None
    assert (str(pairing.pair.low.tube), str(pairing.pair.high.tube)) == TUBES[name[:3]]
    codes = [v.reason.code for v in pairing.verdicts]
    chosen = [ReasonCode.CHOSEN_LOW, ReasonCode.CHOSEN_HIGH]
    beside = [ReasonCode.TOPOGRAM, *chosen, ReasonCode.MIXED, ReasonCode.NOT_CT]
    assert codes == (beside if name.startswith("d02") else chosen)


@pytest.mark.parametrize("name", NAMES)
def test_hu_and_grid_equal_the_truth(name: str) -> None:
    instances, paths = _read(name)
    pair = find_pair(instances).pair
    assert pair is not None
    told: list[float] = []
    energies = load_pair(pair, paths.__getitem__, lambda _, share: told.append(share))
    truth, labels, affine = _truth(name)
    geometry = energies.geometry
    assert geometry.shape == labels.shape
    np.testing.assert_allclose(geometry.affine, affine, atol=2e-3)
    assert geometry.voxel_mm3 == pytest.approx(truth["grid"]["voxel_mm3"], rel=1e-4)
    assert told == sorted(told)
    assert told[-1] == 1.0
    deposits = {k: v for k, v in truth["hu_statistics"].items() if k.split()[0] in {"HA", "MSU"}}
    assert len(deposits) == len(truth["deposits"])
    for key, statistics in deposits.items():
        inside = labels == int(key.split()[1])
        assert energies.low.hu[inside].mean() == pytest.approx(statistics["lo"][0], abs=0.06)
        assert energies.high.hu[inside].mean() == pytest.approx(statistics["hi"][0], abs=0.06)
    bone = (labels > 0) & (labels < 200)
    means = energies.low.hu[bone].mean(), energies.high.hu[bone].mean()
    whole = truth["hu_statistics"]["cortex+trabecular bone"]
    np.testing.assert_allclose(means, (whole["lo"][0], whole["hi"][0]), atol=40)
