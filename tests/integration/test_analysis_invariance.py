"""What the analysis finds depends neither on the number of threads nor on how much air there is around the limb."""

import os
import subprocess
import sys
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any

import numba
import numpy as np
import pytest
from node.analysis.hand import HandResult, analyse_limb
from node.analysis.limb.limbs import Limb, find_limbs
from node.analysis.pipeline import analyse
from node.domain.findings import Analysis, Deposit
from node.domain.volume import EnergyPair, Geometry, Volume
from node.phantom import make
from node.phantom.presets import preset
from numpy.typing import NDArray

pytestmark = pytest.mark.slow
AIR_HU = -1000
Steps = tuple[int, int, int]


@pytest.fixture(scope="module")
def pair() -> EnergyPair:
    """A hand of three digits that leaves the scan at the forearm: at its first slice."""
    return make(preset("small")).pair


@pytest.fixture(scope="module")
def usual(pair: EnergyPair) -> Analysis:
    return analyse(pair)


def test_one_thread_finds_to_the_last_bit_what_two_find(pair: EnergyPair) -> None:
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one thread is all there is")
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = analyse(pair)
        numba.set_num_threads(2)
        two = analyse(pair)
    finally:
        numba.set_num_threads(threads)
    assert one.findings.deposits
    assert one.findings == two.findings
    assert one.segments.tobytes() == two.segments.tobytes()
    assert one.bones.tobytes() == two.bones.tobytes()


def digest(analysis: Analysis) -> str:
    """Of all that an analysis says."""
    parts = (repr(analysis.findings).encode(), analysis.segments.tobytes(), analysis.bones.tobytes())
    return sha256(b"".join(parts)).hexdigest()


WITHOUT_OPENMP = """
import numba
from node.analysis.pipeline import analyse
from node.phantom import make
from node.phantom.presets import preset
from tests.integration.test_analysis_invariance import digest
print(digest(analyse(make(preset("small")).pair)), numba.threading_layer())
"""


def test_where_no_openmp_library_is_installed_the_findings_are_the_same(usual: Analysis) -> None:
    """numba's own threads must not be called from two sides at once: the program would be ended without a word."""
    environment = os.environ | {"NUMBA_THREADING_LAYER": "workqueue"}
    ran = subprocess.run([sys.executable, "-c", WITHOUT_OPENMP], env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [digest(usual), "workqueue"]


def widened(geometry: Geometry, before: Steps, after: Steps) -> Geometry:
    """The same grid with more voxels (z, y, x) before its first and behind its last ones."""
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.to_lps_mm(-np.array([before], float))[0]
    shape = tuple(n + b + a for n, b, a in zip(geometry.shape, before, after, strict=True))
    return Geometry(shape, geometry.spacing_mm, affine)


def with_air(image: NDArray[Any], before: Steps, after: Steps, value: int = AIR_HU) -> NDArray[Any]:
    return np.pad(image, list(zip(before, after, strict=True)), constant_values=value)


def padded_limb(limb: Limb, before: Steps, after: Steps) -> Limb:
    """The limb on a crop with more air around it; the crop's place in the scan stays the truth."""
    offset = tuple(o - b for o, b in zip(limb.offset, before, strict=True))
    return Limb(
        with_air(limb.low, before, after),
        with_air(limb.high, before, after),
        with_air(limb.body, before, after, value=False),
        widened(limb.geometry, before, after),
        (offset[0], offset[1], offset[2]),
        limb.cut,
    )


def padded_scan(pair: EnergyPair, before: Steps, after: Steps) -> EnergyPair:
    geometry = widened(pair.geometry, before, after)
    low, high = (Volume(with_air(v.hu, before, after), geometry) for v in (pair.low, pair.high))
    return replace(pair, low=low, high=high)


def inner(image: NDArray[Any], before: Steps, after: Steps) -> NDArray[Any]:
    return image[tuple(slice(b, n - a) for n, b, a in zip(image.shape, before, after, strict=True))]


def assert_alike(ours: tuple[Deposit, ...], theirs: tuple[Deposit, ...], rel: float) -> None:
    """All that is said of each deposit is the same; numbers to ``rel``, places to that share of a millimetre."""
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        second = asdict(other)
        for name, value in asdict(one).items():
            expected = pytest.approx(value, rel=rel, abs=rel) if is_measure(value) else value
            assert second[name] == expected, name


def is_measure(value: object) -> bool:
    if isinstance(value, dict):  # the parts of the confidence
        return True
    return isinstance(value, float) or (isinstance(value, tuple) and bool(value) and isinstance(value[0], float))


@pytest.mark.parametrize(
    ("before", "after", "rel"),
    [
        pytest.param((0, 0, 0), (5, 7, 13), 0.0, id="behind"),
        pytest.param((0, 8, 4), (3, 3, 0), 1e-9, id="before"),
    ],
)
def test_more_air_in_the_crop_changes_nothing(
    pair: EnergyPair, usual: Analysis, before: Steps, after: Steps, rel: float
) -> None:
    """Before the limb by whole steps of the lattices on which tissue is sampled; the forearm's cut stays one."""
    (limb,) = find_limbs(pair)
    padded = padded_limb(limb, before, after)
    assert padded.spans.sum() == limb.spans.sum() + 2 * before[2] * np.count_nonzero(limb.body.any(axis=2))
    result: HandResult = analyse_limb(padded, pair.low_tube, pair.high_tube, lambda step: None)
    (hand,) = usual.findings.hands
    assert (result.hand.laterality, result.hand.limits) == (hand.laterality, hand.limits)
    assert [(d.digit, d.acro_osteolysis) for d in result.hand.digits] == [
        (d.digit, d.acro_osteolysis) for d in hand.digits
    ]
    assert result.hand.sctc_style == hand.sctc_style
    placed = tuple(replace(d, key_slice=d.key_slice + result.limb.offset[0]) for d in result.hand.deposits)
    assert_alike(hand.deposits, placed, rel)
    np.testing.assert_array_equal(inner(result.deposits, before, after), usual.segments[limb.box])
    np.testing.assert_array_equal(inner(result.bones, before, after), usual.bones[limb.box])


def test_a_scan_with_more_air_at_odd_places_holds_the_same_deposits(pair: EnergyPair, usual: Analysis) -> None:
    """The coarse grid on which limbs are looked for falls on other voxels, and so does the sample of soft tissue."""
    before, after = (0, 7, 5), (4, 3, 0)
    analysis = analyse(padded_scan(pair, before, after))
    assert analysis.findings.reasons == usual.findings.reasons
    assert [h.laterality for h in analysis.findings.hands] == [h.laterality for h in usual.findings.hands]
    assert_alike(usual.findings.deposits, analysis.findings.deposits, 0.02)
    apart = inner(analysis.segments, before, after) != usual.segments
    assert np.count_nonzero(apart) <= 0.01 * np.count_nonzero(usual.segments)
