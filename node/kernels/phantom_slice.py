"""One CT slice of the phantom: attenuation averaged over sub-samples of each voxel, and the label that wins.

Every body is a field on its own small grid: signed distance (mm) for skin, bones and nails, mineral concentration
(mg/cc) for deposits. The slice only looks them up, so a deposit's volume in the truth is that of the very field.
"""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel

AIR, SKIN, FAT, MUSCLE, TENDON, NAIL, CORTICAL, MARROW, METAL, CALCIUM_SLOPE, URATE_SLOPE = range(11)
"""Columns of the tissue table: HU of each tissue, then HU per mg/cc of calcium (HA) and urate (MSU)."""
BONE, CALCIUM, URATE, IMPLANT, PLATE = range(5)
"""Kinds of solids: bone (distance), calcium and urate (concentration), metal (distance), nail (distance)."""
PROFILE_KNOTS = 64
MOST = 24
"""Most solids that are looked at in one voxel."""
FAR_MM = 99.0

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


@kernel("float32(Array(float32, 1, 'C', True), int64, int64, int64, int64, float64, float64, float64, float32)")
def trilinear(
    flat: NDArray[np.float32],
    offset: int,
    depth: int,
    height: int,
    width: int,
    z: float,
    y: float,
    x: float,
    outside: np.float32,
) -> np.float32:
    """Value of the (depth, height, width) field that starts at ``offset`` at a fractional index."""
    if z < 0.0 or y < 0.0 or x < 0.0 or z > depth - 1 or y > height - 1 or x > width - 1:
        return outside
    k = min(int(z), depth - 2)
    j = min(int(y), height - 2)
    i = min(int(x), width - 2)
    fz = np.float32(z - k)
    fy = np.float32(y - j)
    fx = np.float32(x - i)
    p = offset + (k * height + j) * width + i
    q = p + height * width
    a = flat[p] + fx * (flat[p + 1] - flat[p])
    b = flat[p + width] + fx * (flat[p + width + 1] - flat[p + width])
    c = flat[q] + fx * (flat[q + 1] - flat[q])
    d = flat[q + width] + fx * (flat[q + width + 1] - flat[q + width])
    low = a + fy * (b - a)
    return np.float32(low + fz * (c + fy * (d - c) - low))


@kernel("float32(Array(float32, 1, 'C', True), int64, int64, int64, int64, float64, float64, float64)")
def nearest(
    flat: NDArray[np.float32], offset: int, depth: int, height: int, width: int, z: float, y: float, x: float
) -> np.float32:
    """Value of the nearest cell of a field, 0 outside."""
    k = int(np.floor(z + 0.5))
    j = int(np.floor(y + 0.5))
    i = int(np.floor(x + 0.5))
    if k < 0 or j < 0 or i < 0 or k >= depth or j >= height or i >= width:
        return np.float32(0.0)
    return np.float32(flat[offset + (k * height + j) * width + i])


@kernel("float32(Array(float32, 3, 'C', True), float64, float64, float64)")
def grain(lattice: NDArray[np.float32], z: float, y: float, x: float) -> np.float32:
    """Smooth noise of about unit variance with one lattice cell as its grain; the lattice repeats."""
    n = lattice.shape[0]
    k = int(np.floor(z))
    j = int(np.floor(y))
    i = int(np.floor(x))
    fz = np.float32(z - k)
    fy = np.float32(y - j)
    fx = np.float32(x - i)
    total = np.float32(0.0)
    for c in range(2):
        wz = fz if c else np.float32(1.0) - fz
        for b in range(2):
            wy = fy if b else np.float32(1.0) - fy
            for a in range(2):
                wx = fx if a else np.float32(1.0) - fx
                total += wz * wy * wx * lattice[(k + c) % n, (j + b) % n, (i + a) % n]
    return total


@kernel("UniTuple(float64, 3)(Array(float64, 2, 'C', True), float64, float64, float64)")
def carry(frame: NDArray[np.float64], i: float, j: float, k: float) -> tuple[float, float, float]:
    """Fractional index (z, y, x) in a field of the CT index (x, y, z) = (i, j, k)."""
    z = frame[0, 0] * i + frame[0, 1] * j + frame[0, 2] * k + frame[0, 3]
    y = frame[1, 0] * i + frame[1, 1] * j + frame[1, 2] * k + frame[1, 3]
    x = frame[2, 0] * i + frame[2, 1] * j + frame[2, 2] * k + frame[2, 3]
    return z, y, x


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


@kernel(
    f"int64({SOLIDS}, int64[::1], int64, float64, float64, float64, Array(float32, 3, 'C', True), "
    "Array(float32, 2, 'C', True), float32[::1])"
)
def solid_at(
    solids: Solids,
    chosen: NDArray[np.int64],
    found: int,
    i: float,
    j: float,
    k: float,
    lattice: NDArray[np.float32],
    tissue: NDArray[np.float32],
    sample: NDArray[np.float32],
) -> int:
    """Which of the ``chosen`` solids holds the point (-1: none); its HU go into ``sample`` (2).

    ``sample`` comes with the soft tissue's HU: a deposit adds its mineral to it, everything else replaces it.
    """
    flat, table, frames, profiles = solids
    at = np.empty(3)
    for n in range(found - 1, -1, -1):
        block = table[chosen[n]]
        z, y, x = carry(frames[chosen[n]], i, j, k)
        kind = block[4]
        if kind in (CALCIUM, URATE):
            amount = nearest(flat, block[0], block[1], block[2], block[3], z, y, x)
            if amount <= 0 or sample[0] <= np.float32(-999.0):
                continue
            slope = CALCIUM_SLOPE if kind == CALCIUM else URATE_SLOPE
            sample[0] += amount * tissue[0, slope]
            sample[1] += amount * tissue[1, slope]
            return n
        distance = trilinear(flat, block[0], block[1], block[2], block[3], z, y, x, np.float32(FAR_MM))
        if distance > 0:
            continue
        for e in range(2):
            sample[e] = tissue[e, METAL if kind == IMPLANT else NAIL]
        if kind == BONE:
            at[0], at[1], at[2] = z, y, x
            fraction = bone_fraction(profiles[chosen[n]], distance, z, block[1], lattice, at)
            for e in range(2):
                sample[e] = tissue[e, MARROW] + fraction * (tissue[e, CORTICAL] - tissue[e, MARROW])
        return n
    return -1


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


@kernel(f"int64({HANDS}, int64, float64, float64, float64, float32)")
def plain_kind(hands: Hands, owner: int, i: float, j: float, k: float, margin: np.float32) -> int:
    """Tissue of a voxel that no surface of soft tissue crosses, else -1."""
    soft, blocks, frames, facts = hands
    far = np.float32(FAR_MM)
    block = blocks[owner]
    z, y, x = carry(frames[owner], i, j, k)
    volume = block[1] * block[2] * block[3]
    for n in range(3):
        value = trilinear(soft, block[0] + n * volume, block[1], block[2], block[3], z, y, x, far)
        if abs(value) < margin or (n == 0 and abs(value + facts[owner, 0]) < margin):
            return -1
    return soft_kind(soft, block, z, y, x, facts[owner, 0])


@kernel(f"int64({HANDS}, float64, float64, float64, float32)")
def owner_of(hands: Hands, i: float, j: float, k: float, margin: np.float32) -> int:
    """The hand whose skin the voxel is in or at (the deeper one of two), -1 in the air."""
    soft, blocks, frames, _ = hands
    best = margin
    owner = -1
    for h in range(blocks.shape[0]):
        z, y, x = carry(frames[h], i, j, k)
        block = blocks[h]
        value = trilinear(soft, block[0], block[1], block[2], block[3], z, y, x, np.float32(FAR_MM))
        if value <= best:
            best = value
            owner = h
    return owner


@kernel(
    f"void({SOLIDS}, {HANDS}, int64, int64[::1], int64, Array(float64, 1, 'C', True), "
    "Array(float32, 2, 'C', True), Array(float32, 3, 'C', True), float32[::1], int64[::1])"
)
def mixed_voxel(
    solids: Solids,
    hands: Hands,
    owner: int,
    chosen: NDArray[np.int64],
    found: int,
    voxel: NDArray[np.float64],
    tissue: NDArray[np.float32],
    lattice: NDArray[np.float32],
    mean: NDArray[np.float32],
    counts: NDArray[np.int64],
) -> None:
    """Mean HU (2) over a voxel's samples, and how many of them each chosen solid holds.

    ``voxel``: index x, y, z; samples along z, y, x; the share of the increment that the slice covers.
    """
    soft, blocks, frames, facts = hands
    depth, rows, columns = int(voxel[3]), int(voxel[4]), int(voxel[5])
    sample = np.empty(2, np.float32)
    mean[:] = 0
    counts[:found] = 0
    for c in range(depth):
        k = voxel[2] + ((c + 0.5) / depth - 0.5) * voxel[6]
        for b in range(rows):
            j = voxel[1] + (b + 0.5) / rows - 0.5
            for a in range(columns):
                i = voxel[0] + (a + 0.5) / columns - 0.5
                z, y, x = carry(frames[owner], i, j, k)
                kind = soft_kind(soft, blocks[owner], z, y, x, facts[owner, 0])
                sample[0], sample[1] = tissue[0, kind], tissue[1, kind]
                n = solid_at(solids, chosen, found, i, j, k, lattice, tissue, sample)
                if n >= 0:
                    counts[n] += 1
                mean[0] += sample[0]
                mean[1] += sample[1]
    share = np.float32(1.0 / (depth * rows * columns))
    mean[0] *= share
    mean[1] *= share


@kernel(f"float32({HANDS}, int64, float64, float64, float64, Array(float32, 3, 'C', True))")
def septum(hands: Hands, owner: int, i: float, j: float, k: float, lattice: NDArray[np.float32]) -> np.float32:
    """Share of fibrous tissue in fat at a point: thin septa, longer along the hand than across."""
    z, y, x = carry(hands[2][owner], i, j, k)
    step = hands[3][owner, 2]
    texture = grain(lattice, 0.35 * z * step, 0.7 * y * step, 0.7 * x * step)
    return np.float32(hands[3][owner, 1] * min(max(texture, np.float32(0.0)), np.float32(2.0)))


@kernel(
    f"void({SOLIDS}, {HANDS}, Array(float32, 2, 'C', True), Array(float32, 3, 'C', True), "
    "Array(float64, 1, 'C', True), float32[:, :, ::1], uint16[:, ::1], uint8[:, ::1], int32[:, ::1])"
)
def render_slice(
    solids: Solids,
    hands: Hands,
    tissue: NDArray[np.float32],
    lattice: NDArray[np.float32],
    sampling: NDArray[np.float64],
    hu: NDArray[np.float32],
    labels: NDArray[np.uint16],
    classes: NDArray[np.uint8],
    votes: NDArray[np.int32],
) -> None:
    """Render one slice.

    ``solids``: flat fields; int64 (n, 11) offset, depth, height, width, kind, label, first and last row, first and
    last column it may touch, and its number; float64 (n, 3, 4) from the CT index (x, y, z, 1) to the field's
    fractional index (z, y, x); float32 (n, 3, 64) along the field's z: cortex in mm, trabecular fraction, cortical
    density. Later solids win. ``hands``: flat fields of skin, muscle and tendon distance; int64 (h, 4) offset,
    depth, height, width; float64 (h, 3, 4) as above; float32 (h, 3) skin mm, share of septa in fat, grid step mm.
    ``tissue`` float32 (2, 11). ``sampling``: slice index; samples along z, y, x; share of the increment that the
    slice covers; margin in mm. ``hu`` (2, rows, columns) and ``labels`` are written where there is body;
    ``classes`` is the tissue where a voxel is of one soft tissue only, else 0. ``votes`` int32 (solids, 3): most
    samples that a voxel gave the solid, and its row and column.
    """
    chosen = np.empty(MOST, np.int64)
    counts = np.empty(MOST, np.int64)
    mean = np.empty(2, np.float32)
    voxel = np.empty(7)
    voxel[2:] = sampling[:5]
    margin = np.float32(sampling[5])
    majority = sampling[1] * sampling[2] * sampling[3] / 2.0
    for j in range(labels.shape[0]):
        for i in range(labels.shape[1]):
            owner = owner_of(hands, i, j, sampling[0], margin)
            if owner < 0:
                continue
            found = near_solids(solids, i, j, sampling[0], margin, chosen)
            kind = -1
            if found == 0:
                kind = plain_kind(hands, owner, i, j, sampling[0], margin)
            if kind >= 0:
                classes[j, i] = kind
                extra = np.float32(0.0)
                if kind == FAT:
                    extra = septum(hands, owner, i, j, sampling[0], lattice)
                for e in range(2):
                    hu[e, j, i] = tissue[e, kind] + extra * (tissue[e, MUSCLE] - tissue[e, kind])
                continue
            voxel[0], voxel[1] = i, j
            mixed_voxel(solids, hands, owner, chosen, found, voxel, tissue, lattice, mean, counts)
            hu[0, j, i], hu[1, j, i] = mean[0], mean[1]
            for n in range(found):
                s = chosen[n]
                if counts[n] >= majority:
                    labels[j, i] = solids[1][s, 5]
                if counts[n] > votes[s, 0]:
                    votes[s, 0], votes[s, 1], votes[s, 2] = counts[n], j, i
