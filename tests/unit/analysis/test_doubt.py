"""Metal in a deposit: what lies beyond its streaks is left to a reader, and is not lost."""

from dataclasses import replace

import numpy as np
from node.analysis.deposit.doubt import STREAK_MM, Doubt
from node.analysis.mineral.candidates import Candidate
from node.analysis.mineral.reasons import Reason
from tests.fakes.limbs import cube, muscle_limb

METAL_HU = 4000.0
WIRE = cube(10.0, 12.0)


def test_of_a_deposit_that_metal_lies_in_the_part_beyond_its_streaks_is_for_a_reader() -> None:
    limb = muscle_limb(((WIRE, (METAL_HU, METAL_HU)),))
    doubt = Doubt(limb)
    assert doubt.metal.any()
    away, within = rod(limb.body.shape, limb.spacing_mm, 30.0), rod(limb.body.shape, limb.spacing_mm, 14.0)
    free = replace(away, voxels=away.voxels[-20:])
    kept = doubt.clear_of_metal([away, within, free])
    assert len(kept) == 2, "a streak is not kept"
    rest, untouched = kept
    assert untouched is free
    assert rest.doubt is Reason.METAL
    assert rest.volume_mm3 == len(rest.voxels) * limb.geometry.voxel_mm3
    metal = np.argwhere(doubt.metal) * limb.spacing_mm
    nearest = min(float(np.linalg.norm(metal - v, axis=1).min()) for v in rest.voxels * np.array(limb.spacing_mm))
    assert nearest > STREAK_MM


def rod(shape: tuple[int, ...], spacing_mm: tuple[float, ...], last_mm: float) -> Candidate:
    """Along x from the middle of the wire, 2 mm high and wide."""
    z, y, x = (np.arange(n) * s for n, s in zip(shape, spacing_mm, strict=True))
    inside = np.ix_((z > 10.0) & (z < 12.0), (y > 10.0) & (y < 12.0), (x > 11.0) & (x < last_mm))
    mask = np.zeros(shape, bool)
    mask[inside] = True
    voxels = np.argwhere(mask)
    return Candidate(voxels[np.argsort(voxels[:, 2], kind="stable")], 100.0, 900.0, 1000.0, 1.0, 5.0, 0.0, 0)
