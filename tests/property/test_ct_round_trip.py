"""What the CT writer writes, the reader reads back: to the last HU and on the same grid, in whatever encoding."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node.dicom.reading.header import read_instance
from node.dicom.reading.pixels import load_pair
from node.dicom.synthetic.ct_identity import StudyIdentity
from node.dicom.synthetic.ct_writer import ORDERS, SYNTAXES, SeriesStyle, write_series
from node.domain.pairing import find_pair
from node.domain.volume import Geometry, Tube, Volume
from scipy.spatial.transform import Rotation

SHAPE = (4, 33, 35)
IDENTITY = StudyIdentity("round trip")

encodings = st.sampled_from(
    [(-1024, 1.0, False, 12), (-8192, 1.0, False, 16), (0, 1.0, True, 16), (-1024, 0.5, False, 13)]
)


@st.composite
def volumes(draw: st.DrawFn) -> tuple[Volume, Volume]:
    """Two volumes of random HU on one oblique grid."""
    turn = Rotation.from_euler("xyz", draw(st.tuples(*[st.floats(-180, 180)] * 3)), degrees=True).as_matrix()
    spacing = draw(st.tuples(st.floats(0.4, 3.0), st.floats(0.2, 1.0), st.floats(0.2, 1.0)))
    affine = np.eye(4)
    affine[:3, :3] = turn * np.array(spacing[::-1])
    affine[:3, 3] = draw(st.tuples(*[st.floats(-400, 400)] * 3))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    low, high = random.integers(-1024, 3071, (2, *SHAPE), dtype=np.int16)
    geometry = Geometry(SHAPE, spacing, affine)
    return Volume(low, geometry), Volume(high, geometry)


@pytest.mark.parametrize("syntax", sorted(SYNTAXES))
@settings(max_examples=8, deadline=None)
@given(pair=volumes(), encoding=encodings, order=st.sampled_from(ORDERS))
def test_round_trip(
    syntax: str, pair: tuple[Volume, Volume], encoding: tuple[int, float, bool, int], order: str
) -> None:
    intercept, slope, signed, bits = encoding
    style = SeriesStyle(
        "low",
        3,
        "Hand A_80kV",
        Tube(80.0),
        intercept=intercept,
        slope=slope,
        signed=signed,
        bits_stored=bits,
        transfer_syntax=SYNTAXES[syntax],
        order=order,
    )
    other = replace(style, role="high", number=4, description="Hand B_Sn140kV", tube=Tube(140.0, 0.4))
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_series(pair[0], IDENTITY, style, folder / "a")
        paths += write_series(pair[1], IDENTITY, other, folder / "b")
        by_uid = {read_instance(p).sop_instance_uid: p for p in paths}
        pairing = find_pair(read_instance(p) for p in paths)
        assert pairing.pair is not None, pairing.reasons
        found = load_pair(pairing.pair, by_uid.__getitem__)
    np.testing.assert_array_equal(found.low.hu, pair[0].hu)
    np.testing.assert_array_equal(found.high.hu, pair[1].hu)
    np.testing.assert_allclose(found.geometry.affine, pair[0].geometry.affine, atol=1e-6)
    np.testing.assert_allclose(found.geometry.spacing_mm, pair[0].geometry.spacing_mm, atol=1e-6)
    assert (found.low_tube.kvp, found.high_tube.kvp, found.high_tube.has_tin) == (80, 140, True)
