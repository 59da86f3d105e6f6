"""Step 5, first part: the cavities of the bones.

Seen as a landscape, the marrow of a bone is a basin in its shell: the basins of the detection image
(``kernels.basins``) are one a bone, whatever the bone's density; a deposit, being solid, has none.
"""

import numpy as np
from numpy.typing import NDArray

from node.analysis.bone.necks import parted
from node.analysis.grid.basins import held_water
from node.analysis.grid.components import Components, components
from node.analysis.grid.filters import closed
from node.analysis.grid.spans import mask_of, spans_of, voxels_of
from node.analysis.grid.together import both, each
from node.analysis.limb.limbs import Limb
from node.analysis.limb.nearest import nearest_around, nearest_source
from node.analysis.limb.noise import Anchors
from node.kernels.rings import count_rings

BoolArray = NDArray[np.bool_]
Int16Array = NDArray[np.int16]

HIGHEST_HU = 3200
SMALLEST_BASIN_MM3 = 2.0
PINHOLE_MM = 0.6
"""Half the width of a gap in a thin, undersampled cortex that does not open the marrow to the outside."""
CERTAIN = 1.5
"""A basin counts when somewhere it is deeper than wanted by this factor."""
WIDE_MM = 1.5
"""Half the width of a cavity that can only be the inside of a bone."""
WIDE_RING_MM = 2.2
"""The same, of one that holds no water but lies inside rings: gaps between bones of a bent hand do too."""
SPECK_SHARE = 0.015
"""A basin that makes up less of a wide cavity than this is a speck in it."""
RING_SHARE, RING_QUANTILE = 0.5, 0.9
"""Rings count up to half of the level of dense bone: what is enclosed at a higher one may be a cortex."""


def find_cavities(grey: Int16Array, rim: Int16Array, limb: Limb, anchors: Anchors) -> Components:
    """Basins enclosed by mineral, one a bone; ``rim``: brightest HU around.

    A second look, with pinholes sealed, adds the wide cavities of bones whose shell does not hold water. Where it is
    thin, the sealed one does. Where it is eroded or cut, the rest of a basin's bone lies inside a ring in some plane.
    Only wide ones, since the gap between a bone and a deposit is sealed too.
    """
    sealed = closed(grey, PINHOLE_MM, limb.spacing_mm, limb.spans)
    (plain, sealed_off), (ringed, ringed_twice) = both(
        lambda: _watery(grey, sealed, rim, limb, anchors), lambda: _ringed(grey, sealed, rim, limb, anchors)
    )
    singly, certain = both(lambda: _singly(ringed, plain, limb), lambda: _singly(ringed_twice, plain, limb))
    whole = _extended(plain, singly, certain)
    for more, wide_mm in ((certain, WIDE_RING_MM), (sealed_off, WIDE_MM)):
        unseen = more.only(~more.touched(whole.mask))
        whole = whole.joined(unseen.only(unseen.radius_mm(limb.spacing_mm) > wide_mm))
    return whole


def _watery(
    grey: Int16Array, sealed: Int16Array, rim: Int16Array, limb: Limb, anchors: Anchors
) -> tuple[Components, Components]:
    """Cavities that hold water, somewhere for certain, and those that do once pinholes are sealed."""
    wanted = _wanted(anchors)
    held, held_sealed = held_water(grey, (grey, sealed), limb.body, limb.spans, _lowest(anchors), HIGHEST_HU)
    plain, sealed_off = each(lambda water: _cavities(water.deeper(wanted), rim, limb, anchors), (held, held_sealed))
    return plain.only(plain.touched(held.deeper(CERTAIN * wanted))), sealed_off


def _ringed(
    grey: Int16Array, sealed: Int16Array, rim: Int16Array, limb: Limb, anchors: Anchors
) -> tuple[Components, Components]:
    """Wide cavities inside bright rings of some plane, and what of them is inside rings of both."""
    rings = _rings(grey, sealed, limb, anchors)
    wide = _opened(rings > 0, limb)
    once, twice = each(lambda mask: _cavities(mask, rim, limb, anchors), (wide, wide & (rings > 1)))
    return once, twice


def _singly(wide: Components, plain: Components, limb: Limb) -> Components:
    """Wide cavities with those cut at their necks that hold several basins, or none, and so may be several bones."""
    return parted(wide, _shared(wide, plain).astype(bool).sum(axis=1) != 1, limb.spacing_mm, WIDE_MM)


def _shared(wide: Components, plain: Components) -> NDArray[np.int64]:
    """Voxels that each cavity shares with each basin (0 … count of either; none with basin 0)."""
    pairs = wide.owner.astype(np.int64) * (plain.count + 1) + plain.at(wide.voxels)
    shared = np.bincount(pairs, minlength=(wide.count + 1) * (plain.count + 1))
    shared = shared.reshape(wide.count + 1, plain.count + 1)
    shared[:, 0] = 0
    return shared


def _rings(grey: Int16Array, sealed: Int16Array, limb: Limb, anchors: Anchors) -> NDArray[np.uint8]:
    """In how many planes, its slice and the one across it, each voxel lies inside a bright ring."""
    lowest = _lowest(anchors)
    bright = grey[grey > np.int16(lowest)]
    dense = float(np.quantile(bright, RING_QUANTILE)) if bright.size else float(lowest)
    highest = max(round(anchors.soft_hu + RING_SHARE * (dense - anchors.soft_hu)), lowest)
    hits = np.zeros(grey.shape, np.uint8)
    for upright in (False, True):
        count_rings(sealed, grey, limb.body, limb.spans, upright, lowest, highest, _wanted(anchors), hits)
    return hits


def _opened(mask: BoolArray, limb: Limb) -> BoolArray:
    """Morphological opening by a ball of WIDE_MM: gaps narrower than twice that are gone."""
    spans = spans_of(mask)
    rim = nearest_source(~mask, limb.spacing_mm, WIDE_MM, spans)
    voxels = voxels_of(mask, spans)
    core = mask_of(voxels[rim.at(voxels)[0] == 0], mask.shape)
    return nearest_around(core, limb.spacing_mm, WIDE_MM).mask(mask.shape) & mask


def _extended(plain: Components, *several: Components) -> Components:
    """Basins with the wide cavities that open into one of them; specks in such a cavity, which noise makes, join it."""
    for wide in several:
        shared = _shared(wide, plain)
        others = shared.sum(axis=1) - shared.max(axis=1)
        one = (shared.max(axis=1) > 0) & (others <= SPECK_SHARE * wide.sizes)
        owner = np.where(one, shared.argmax(axis=1), 0)[wide.owner].astype(np.int32)
        plain = plain.covered_by(wide.voxels[owner > 0], owner[owner > 0])
    return plain


def _wanted(anchors: Anchors) -> int:
    return round(max(50.0, 4.0 * anchors.noise_hu))


def _lowest(anchors: Anchors) -> int:
    """Level below which nothing spills over mineral: a pocket of fat spills over through muscle."""
    return max(round(anchors.soft_hu) + _wanted(anchors), 1)


def _cavities(mask: BoolArray, rim: Int16Array, limb: Limb, anchors: Anchors) -> Components:
    """Components of some size with mineral around them."""
    found = components(mask, limb.spans)
    mineral = anchors.soft_hu + max(130.0, 5.0 * anchors.noise_hu)
    large = found.sizes * limb.geometry.voxel_mm3 >= SMALLEST_BASIN_MM3
    rimmed = found.total(rim) / np.maximum(found.sizes, 1) > mineral
    return found.only(large & rimmed)
