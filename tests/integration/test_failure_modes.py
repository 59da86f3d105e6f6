"""Hands in which bone and deposit are hard to tell: for each, what a reader expects (docs/analysis.md, section 3).

Both hands touching: ``test_inputs_findings``. What is wrong with the scan: ``test_failing_scans``.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from node.domain.findings import AcroOsteolysis, Material, Region
from node.phantom import Finger, Grid, make
from node.phantom.presets import preset
from tests.fakes.failures import FIRST_DEPOSIT, Mask, Read, plain, read, whole_hand
from tests.fakes.painted import Painted
from tests.fakes.rods import Rod, ball

pytestmark = pytest.mark.slow


@cache
def tuft_replaced() -> tuple[Read, Mask]:
    """Half of the index finger's distal phalanx is lost; calcium lies in its place, as wide as the tuft was."""
    painted = Painted(make(whole_hand(resorbed=((2, 0.5),))))
    tuft = Rod(painted.at("DP2", 0.62), painted.at("DP2", 0.95), 2.6)
    mask = painted.paint(tuft, painted.calcium(700.0))
    return read(painted), mask


def test_a_tuft_replaced_by_calcium_is_never_silently_bone() -> None:
    """A solid clump on the axis, without cortex or marrow: a deposit, or a piece of tuft for review."""
    found, tuft = tuft_replaced()
    assert found.segmented(tuft) > 0.5
    assert all(d.digit in (2, None) for d in found.over(tuft))
    assert found.elsewhere(tuft) == []


def test_a_tuft_replaced_by_calcium_does_not_hide_acro_osteolysis() -> None:
    """The phalanx is half as long as it was: present, or not determined; never absent."""
    digits = {d.digit: d.acro_osteolysis for d in tuft_replaced()[0].hand.digits}
    assert digits.pop(2) is not AcroOsteolysis.ABSENT
    assert AcroOsteolysis.PRESENT not in digits.values()


def test_calcium_beyond_a_resorbed_tuft() -> None:
    """A clump where the tuft was, apart from the stump: a deposit of the fingertip, and acro-osteolysis is present."""
    painted = Painted(make(whole_hand(resorbed=((2, 0.5),))))
    clump = painted.paint(ball(painted.at("DP2", 0.85), 2.5), painted.calcium(500.0))
    found = read(painted)
    (deposit,) = found.deposits
    assert found.over(clump) == [deposit]
    assert (deposit.material, deposit.digit) == (Material.CALCIUM, 2)
    assert deposit.volume_mm3 == pytest.approx(found.volume_mm3(clump), rel=0.2)
    assert {d.digit: d.acro_osteolysis for d in found.hand.digits}[2] is AcroOsteolysis.PRESENT


@pytest.mark.parametrize(
    ("dorsal_mm", "radius_mm"),
    [
        (6.5, 2.5),
        (7.5, 2.5),
        (5.0, 2.0),
    ],
)
def test_a_deposit_that_bridges_a_joint(dorsal_mm: float, radius_mm: float) -> None:
    """On the back of a proximal interphalangeal joint, on both its bones: one deposit, and two bones as before."""
    painted = plain()
    aside = (0.0, dorsal_mm, 0.0)
    bridge = Rod(painted.at("PP3", 0.8, aside), painted.at("MP3", 0.25, aside), radius_mm)
    mask = painted.paint(bridge, painted.calcium(600.0))
    found = read(painted)
    off_bone = found.off_bone(mask)
    assert [d.material for d in found.over(off_bone)] == [Material.CALCIUM]
    assert sum(d.volume_mm3 for d in found.sure) == pytest.approx(found.volume_mm3(off_bone), rel=0.2)
    assert found.deposits[0].digit == 3
    assert min(found.named("PP3"), found.named("MP3")) > 0.95


BEHIND = (0.0, 6.5, 0.0)


@pytest.mark.parametrize(("centre_mm", "radius_mm"), [(7.0, 3.5), (8.0, 4.0)])
def test_an_erosion_filled_by_a_deposit(centre_mm: float, radius_mm: float) -> None:
    """A ball half sunk into the head of a metacarpal, solid where the head is spongy: found, or for review."""
    painted = plain()
    filling = ball(painted.at("MC2", 0.88, (centre_mm, 0.0, 0.0)), radius_mm)
    mask = painted.paint(filling, painted.calcium(700.0))
    found = read(painted)
    assert found.segmented(found.off_bone(mask)) > 0.5
    assert found.elsewhere(mask) == []
    assert found.named("MC2") > 0.9


CONTACTS: dict[str, tuple[Callable[[Painted], Rod], set[str]]] = {
    "bridges a joint": (lambda p: Rod(p.at("PP3", 0.8, BEHIND), p.at("MP3", 0.25, BEHIND), 2.5), {"PP3", "MP3"}),
    "fills an erosion": (lambda p: ball(p.at("MC2", 0.88, (7.0, 0.0, 0.0)), 3.5), {"MC2"}),
    "stands off by 2 mm": (lambda p: ball(p.at("PP3", 0.5, (0.0, 9.0, 0.0)), 2.5), set()),
}


@pytest.mark.parametrize("name", CONTACTS)
def test_the_bones_that_a_deposit_touches_are_named(name: str) -> None:
    """At voxels of half a millimetre: all of them, and none where there is a gap."""
    shape, bones = CONTACTS[name]
    spec = whole_hand(forearm_mm=5.0)
    grid = Grid(spacing_mm=(0.9, 0.5, 0.5), slice_thickness_mm=1.0, margin_mm=4.0)
    painted = Painted(make(replace(spec, grid=grid, imaging=replace(spec.imaging, psf_mm=0.4))))
    mask = painted.paint(shape(painted), painted.calcium(700.0))
    found = read(painted)
    (deposit,) = found.deposits
    assert found.over(found.off_bone(mask)) == [deposit]
    assert (deposit.material, deposit.review) == (Material.CALCIUM, False)
    assert set(deposit.touches) == bones
    assert deposit.touches_bone is bool(bones)


def test_contact_is_not_denied_at_voxels_of_a_millimetre() -> None:
    """Where a voxel of the deposit and one of the bone lie side by side, no more can be seen."""
    painted = plain()
    mask = painted.paint(ball(painted.at("MC2", 0.88, (7.0, 0.0, 0.0)), 3.5), painted.calcium(700.0))
    found = read(painted)
    (deposit,) = found.over(found.off_bone(mask))
    assert deposit.touches == ("MC2",)


def test_ankylosis() -> None:
    """Two phalanges fused into one bone, cortex and spongiosa all through: no deposit, and no name that is wrong."""
    painted = plain()
    start, end = painted.at("PP3", 0.93), painted.at("MP3", 0.08)
    painted.paint(Rod(start, end, 4.8), painted.figures.hu["cortical bone"])
    painted.paint(Rod(start, end, 3.6), painted.calcium(200.0))
    found = read(painted)
    assert found.deposits == ()
    for name in ("MC3", "DP3", "PP2", "MP2", "PP4", "MP4"):
        assert found.named(name) > 0.9
    assert min(found.named("PP3"), found.named("MP3")) > 0.7


FINE = Grid(spacing_mm=(0.6, 0.4, 0.4), slice_thickness_mm=0.7, margin_mm=4.0)
"""Voxels as hands are scanned with."""


def thin_cortex(grid: Grid) -> Painted:
    """Cortex of 0.7 mm in the shafts, 0.25 to 0.4 mm at fingertips, bone ends and carpus; half of the spongiosa."""
    spec = whole_hand(cortex=0.35, trabeculae=0.5, digits=(1, 2, 3), forearm_mm=5.0)
    return Painted(make(replace(spec, grid=grid, imaging=replace(spec.imaging, psf_mm=0.35))))


def test_bones_of_thin_cortex_are_bones() -> None:
    """Osteopenia is the rule in these hands and is no calcinosis."""
    found = read(thin_cortex(FINE))
    assert found.sure == []
    labels = found.phantom.labels
    assert (found.analysis.bones[(labels > 0) & (labels < FIRST_DEPOSIT)] > 0).mean() > 0.9


def test_bones_of_thin_cortex_are_no_deposits_on_a_coarse_grid() -> None:
    """A cortex of a third of a voxel hardly encloses marrow; what is not known for bone is at the least for review."""
    assert read(thin_cortex(preset("small").grid)).sure == []


def test_deposits_beside_bones_of_thin_cortex_are_found() -> None:
    """As dense as such bones or denser, and beside them: still deposits, with their volume and mass, and no others."""
    painted = thin_cortex(FINE)
    stones = {
        500.0: painted.paint(ball(painted.at("PP2", 0.5, (0.0, -8.5, 0.0)), 2.5), painted.calcium(500.0)),
        600.0: painted.paint(ball(painted.at("MP3", 0.5, (0.0, 6.2, 0.0)), 2.0), painted.calcium(600.0)),
    }
    found = read(painted)
    assert len(found.sure) == len(stones)
    for mg_cc, stone in stones.items():
        (deposit,) = found.over(stone)
        assert (deposit.material, deposit.review) == (Material.CALCIUM, False)
        assert deposit.volume_mm3 == pytest.approx(found.volume_mm3(stone), rel=0.15)
        assert deposit.mass_mg == pytest.approx(found.volume_mm3(stone) * mg_cc / 1000.0, rel=0.2)


def clenched(mcp: float, pip: float, dip: float) -> Painted:
    """A fist; the thumb is out of the way."""
    fingers = (Finger(0.0, 5.0, 5.0, -10.0), *(Finger(mcp, pip, dip, a) for a in (3.0, 0.0, -3.0, -6.0)))
    return Painted(make(whole_hand(fingers=fingers)))


@cache
def fist() -> tuple[Read, Mask]:
    """Under the skin of the palm, where the middle finger's pulp presses on it, lies a deposit."""
    painted = clenched(94.0, 108.0, 72.0)
    tip, palm = painted.at("DP3", 0.75), painted.at("MC3", 0.45)
    assert np.linalg.norm(tip - palm) < 20.0
    mask = painted.paint(ball(0.5 * (tip + palm), 2.0), painted.calcium(600.0))
    return read(painted), mask


def test_a_fingertip_does_not_take_a_deposit_of_the_palm() -> None:
    """Skin on skin, the fingertip is nearly as near as the metacarpal: the deposit lies in the palm."""
    found, mask = fist()
    (deposit,) = found.deposits
    assert found.over(mask) == [deposit]
    assert deposit.material is Material.CALCIUM
    assert deposit.region is Region.HAND


def test_a_fist_has_its_bones() -> None:
    """Joints bent by 100 degrees are still joints of one finger."""
    for name in ("MC3", "PP3", "MP3", "DP3"):
        assert fist()[0].named(name) > 0.95


@pytest.mark.parametrize("bent", [(96.0, 110.0, 80.0), (98.0, 112.0, 84.0)])
def test_a_nail_pressed_into_the_palm_is_no_urate(bent: tuple[float, float, float]) -> None:
    """Nails plot with urate; the closed fist puts them as deep under the skin as a tophus. Only they are thin."""
    assert read(clenched(*bent)).deposits == ()
