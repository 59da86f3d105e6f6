"""What the phantom is made of at a point: soft tissue of the hands, and the solids in it.

Every body is a field on its own small grid: signed distance (mm) for skin, bones and nails, mineral concentration
(mg/cc) for deposits. The renderer only looks them up, so a deposit's volume in the truth is that of the very field.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel
from node.kernels.phantom_field import carry, grain, nearest, trilinear

AIR, SKIN, FAT, MUSCLE, TENDON, NAIL, CORTICAL, MARROW, METAL, CALCIUM_SLOPE, URATE_SLOPE = range(11)
"""Columns of the tissue table: HU of each tissue, then HU per mg/cc of calcium (HA) and urate (MSU)."""
BONE, CALCIUM, URATE, IMPLANT, PLATE = range(5)
"""Kinds of solids: bone (distance), calcium and urate (concentration), metal (distance), nail (distance)."""
PROFILE_KNOTS = 64
MOST = 24
"""Most solids that are looked at in one voxel."""
FAR_MM = 99.0
OUTSIDE_MM = 2.0
"""What is surely free of skin beside a voxel outside a hand's fields, which reach 3 mm beyond the skin."""

Solids = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]
Hands = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]]
SOLIDS = (
    "Tuple((Array(float32, 1, 'C', True), Array(int64, 2, 'C', True), Array(float64, 3, 'C', True), "
    "Array(float32, 3, 'C', True)))"
)
HANDS = (
    "Tuple((Array(float32, 1, 'C', True), Array(int64, 2, 'C', True), Array(float64, 3, 'C', True), "
    "Array(float32, 2, 'C', True)))"
)


@kernel("int64(Array(float32, 1, 'C', True), Array(int64, 1, 'C', True), float64, float64, float64, float32)")
def soft_kind(
    soft: NDArray[np.float32], block: NDArray[np.int64], z: float, y: float, x: float, thickness: np.float32
) -> int:
    """Tissue at an index of a hand's three fields (skin, muscle, tendon distance)."""
    far = np.float32(FAR_MM)
    volume = block[1] * block[2] * block[3]
    depth = trilinear(soft, block[0], block[1], block[2], block[3], z, y, x, far)
    if depth > 0:
        return AIR
    if depth > -thickness:
        return SKIN
    if trilinear(soft, block[0] + 2 * volume, block[1], block[2], block[3], z, y, x, far) < 0:
        return TENDON
    if trilinear(soft, block[0] + volume, block[1], block[2], block[3], z, y, x, far) < 0:
        return MUSCLE
    return FAT


@kernel(f"int64({HANDS}, int64, float64, float64, float64, float32)")
def plain_kind(hands: Hands, owner: int, i: float, j: float, k: float, margin: np.float32) -> int:
    """Tissue of a voxel that no surface of soft tissue crosses, else -1."""
    soft, blocks, frames, facts = hands
    far = np.float32(FAR_MM)
    block = blocks[owner]
    z, y, x = carry(frames[owner], i, j, k)
    volume = block[1] * block[2] * block[3]
    skin = trilinear(soft, block[0], block[1], block[2], block[3], z, y, x, far)
    if abs(skin) < margin or abs(skin + facts[owner, 0]) < margin:
        return -1
    if skin > -facts[owner, 0]:
        return SKIN
    muscle = trilinear(soft, block[0] + volume, block[1], block[2], block[3], z, y, x, far)
    tendon = trilinear(soft, block[0] + 2 * volume, block[1], block[2], block[3], z, y, x, far)
    if abs(muscle) < margin or abs(tendon) < margin:
        return -1
    if tendon < 0:
        return TENDON
    return MUSCLE if muscle < 0 else FAT


@kernel(f"int64({HANDS}, float64, float64, float64, float32, float32[::1])")
def owner_of(hands: Hands, i: float, j: float, k: float, margin: np.float32, gap: NDArray[np.float32]) -> int:
    """The hand whose skin the voxel is in or at (the deeper one of two), -1 in the air.

    ``gap`` (1) gets the distance to the nearest skin, as far as the fields tell it.
    """
    soft, blocks, frames, _ = hands
    best = np.float32(FAR_MM)
    owner = -1
    for h in range(blocks.shape[0]):
        z, y, x = carry(frames[h], i, j, k)
        block = blocks[h]
        value = trilinear(soft, block[0], block[1], block[2], block[3], z, y, x, np.float32(FAR_MM))
        if value < best:
            best = value
            owner = h
    gap[0] = best
    return owner if best <= margin else -1


@kernel(f"float32({HANDS}, int64, float64, float64, float64, Array(float32, 3, 'C', True))")
def septum(hands: Hands, owner: int, i: float, j: float, k: float, lattice: NDArray[np.float32]) -> np.float32:
    """Share of fibrous tissue in fat at a point: thin septa, longer along the hand than across."""
    z, y, x = carry(hands[2][owner], i, j, k)
    step = hands[3][owner, 2]
    texture = grain(lattice, 0.35 * z * step, 0.7 * y * step, 0.7 * x * step)
    return np.float32(hands[3][owner, 1] * min(max(texture, np.float32(0.0)), np.float32(2.0)))


@kernel("float32(Array(float32, 2, 'C', True), float32, float64, int64, Array(float32, 3, 'C', True), float64[::1])")
def bone_fraction(
    profile: NDArray[np.float32],
    distance: np.float32,
    z: float,
    depth: int,
    lattice: NDArray[np.float32],
    at: NDArray[np.float64],
) -> np.float32:
    """Share of compact bone at a point ``distance`` mm from the surface; the rest is marrow."""
    knot = int(min(max(z / max(depth - 1, 1), 0.0), 1.0) * (PROFILE_KNOTS - 1) + 0.5)
    if distance > -profile[0, knot]:
        return np.float32(profile[2, knot])
    texture = grain(lattice, at[0] * 0.6, at[1] * 0.6, at[2] * 0.6)
    return np.float32(profile[1, knot] * max(np.float32(1.0) + np.float32(0.35) * texture, np.float32(0.0)))


@kernel(f"int64({SOLIDS}, int64[::1], int64, float64, float64, float64, float64[::1])")
def solid_at(
    solids: Solids, chosen: NDArray[np.int64], found: int, i: float, j: float, k: float, hit: NDArray[np.float64]
) -> int:
    """Which of the ``chosen`` solids holds the point (the last one of several), -1 for none.

    ``hit`` (4) gets the index z, y, x in its field and the field's value there.
    """
    flat, table, frames, _ = solids
    for n in range(found - 1, -1, -1):
        block = table[chosen[n]]
        z, y, x = carry(frames[chosen[n]], i, j, k)
        if block[4] == CALCIUM or block[4] == URATE:
            value = nearest(flat, block[0], block[1], block[2], block[3], z, y, x)
            inside = value > 0
        else:
            value = trilinear(flat, block[0], block[1], block[2], block[3], z, y, x, np.float32(FAR_MM))
            inside = value <= 0
        if inside:
            hit[0], hit[1], hit[2], hit[3] = z, y, x, value
            return n
    return -1


@kernel(
    f"void({SOLIDS}, int64, float64[::1], Array(float32, 3, 'C', True), Array(float32, 2, 'C', True), float32[::1])"
)
def solid_hu(
    solids: Solids,
    number: int,
    hit: NDArray[np.float64],
    lattice: NDArray[np.float32],
    tissue: NDArray[np.float32],
    sample: NDArray[np.float32],
) -> None:
    """HU (2) in a solid at ``hit``. Mineral has a matrix like muscle, as in the tables, not the fat around it."""
    kind = solids[1][number, 4]
    if kind == CALCIUM or kind == URATE:  # noqa: SIM109 - a tuple costs time here
        slope = CALCIUM_SLOPE if kind == CALCIUM else URATE_SLOPE
        for e in range(2):
            sample[e] = tissue[e, MUSCLE] + np.float32(hit[3]) * tissue[e, slope]
    elif kind == BONE:
        fraction = bone_fraction(solids[3][number], np.float32(hit[3]), hit[0], solids[1][number, 1], lattice, hit)
        for e in range(2):
            sample[e] = tissue[e, MARROW] + fraction * (tissue[e, CORTICAL] - tissue[e, MARROW])
    else:
        for e in range(2):
            sample[e] = tissue[e, METAL if kind == IMPLANT else NAIL]


@kernel(f"boolean({SOLIDS}, int64, float64, float64, float64, float32)")
def wholly_bone(solids: Solids, number: int, i: float, j: float, k: float, margin: np.float32) -> bool:
    """Whether the voxel lies in one bone and wholly in its cortex or wholly in its spongiosa."""
    flat, table, frames, profiles = solids
    block = table[number]
    if block[4] != BONE:
        return False
    z, y, x = carry(frames[number], i, j, k)
    distance = trilinear(flat, block[0], block[1], block[2], block[3], z, y, x, np.float32(FAR_MM))
    knot = int(min(max(z / max(block[1] - 1, 1), 0.0), 1.0) * (PROFILE_KNOTS - 1) + 0.5)
    return bool(distance < -margin and abs(distance + profiles[number, 0, knot]) > margin)


@kernel(f"int64({SOLIDS}, float64, float64, float64, float32, int64[::1])")
def near_solids(solids: Solids, i: float, j: float, k: float, margin: np.float32, chosen: NDArray[np.int64]) -> int:
    """Fill ``chosen`` with the solids that may touch the voxel, in order; returns how many."""
    flat, table, frames, _ = solids
    found = 0
    for s in range(table.shape[0]):
        block = table[s]
        if j < block[6] or j > block[7] or i < block[8] or i > block[9] or found == MOST:
            continue
        if block[4] != CALCIUM and block[4] != URATE:
            z, y, x = carry(frames[s], i, j, k)
            if trilinear(flat, block[0], block[1], block[2], block[3], z, y, x, np.float32(FAR_MM)) > margin:
                continue
        chosen[found] = s
        found += 1
    return found
