"""One CT slice of the phantom: attenuation averaged over sub-samples of each voxel, and the label that wins the votes.

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
    k = min(np.int64(z), depth - 2)
    j = min(np.int64(y), height - 2)
    i = min(np.int64(x), width - 2)
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
    return low + fz * (c + fy * (d - c) - low)


@kernel("float32(Array(float32, 1, 'C', True), int64, int64, int64, int64, float64, float64, float64)")
def nearest(
    flat: NDArray[np.float32], offset: int, depth: int, height: int, width: int, z: float, y: float, x: float
) -> np.float32:
    """Value of the nearest cell of a field, 0 outside."""
    k = np.int64(np.floor(z + 0.5))
    j = np.int64(np.floor(y + 0.5))
    i = np.int64(np.floor(x + 0.5))
    if k < 0 or j < 0 or i < 0 or k >= depth or j >= height or i >= width:
        return np.float32(0.0)
    return flat[offset + (k * height + j) * width + i]


@kernel("float32(Array(float32, 3, 'C', True), float64, float64, float64)")
def grain(lattice: NDArray[np.float32], z: float, y: float, x: float) -> np.float32:
    """Smooth noise of about unit variance with one lattice cell as its grain; the lattice repeats."""
    n = lattice.shape[0]
    k = np.int64(np.floor(z))
    j = np.int64(np.floor(y))
    i = np.int64(np.floor(x))
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


@kernel(
    "void(Tuple((Array(float32, 1, 'C', True), Array(int64, 2, 'C', True), Array(float64, 3, 'C', True), "
    "Array(float32, 3, 'C', True))), Tuple((Array(float32, 1, 'C', True), Array(int64, 2, 'C', True), "
    "Array(float64, 3, 'C', True), Array(float32, 2, 'C', True))), Array(float32, 2, 'C', True), "
    "Array(float32, 3, 'C', True), Array(float64, 1, 'C', True), float32[:, :, ::1], uint16[:, ::1], uint8[:, ::1], "
    "int32[:, ::1])"
)
def render_slice(
    solids: tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]],
    hands: tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64], NDArray[np.float32]],
    tissue: NDArray[np.float32],
    lattice: NDArray[np.float32],
    sampling: NDArray[np.float64],
    hu: NDArray[np.float32],
    labels: NDArray[np.uint16],
    classes: NDArray[np.uint8],
    votes: NDArray[np.int32],
) -> None:
    """Render one slice.

    ``solids``: flat fields; int64 (n, 11) offset, depth, height, width, kind, label, then the first and last row,
    column and slice it may touch (j0, j1, i0, i1, and k is filtered by the caller, so columns 10 is its number);
    float64 (n, 3, 4) from (x, y, z, 1) of the CT index to the field's fractional index (z, y, x); float32
    (n, 3, 64) along the field's z: cortex in mm, trabecular fraction, cortical density. Later solids win.
    ``hands``: flat fields of skin, muscle and tendon distance; int64 (h, 4) offset, depth, height, width; float64
    (h, 3, 4) as above; float32 (h, 3) skin mm, share of septa in fat, grid step mm.
    ``tissue`` float32 (2, 11). ``sampling``: slice index, samples in z, y, x, share of the increment that the
    slice covers, margin in mm. ``hu`` (2, rows, columns) and ``labels`` are written where there is body;
    ``classes`` is the tissue where a voxel is of one tissue only, else 0. ``votes`` int32 (solids, 3): most samples
    that a voxel gave the solid, and its row and column.
    """
    flat, table, frames, profiles = solids
    soft, soft_table, soft_frames, soft_facts = hands
    k = sampling[0]
    nz = np.int64(sampling[1])
    ny = np.int64(sampling[2])
    nx = np.int64(sampling[3])
    covered = sampling[4]
    margin = np.float32(sampling[5])
    far = np.float32(99.0)
    half_votes = nz * ny * nx
    share = np.float32(1.0 / (nz * ny * nx))
    chosen = np.empty(MOST, np.int64)
    counts = np.empty(MOST, np.int64)
    for j in range(labels.shape[0]):
        for i in range(labels.shape[1]):
            skin = far
            owner = 0
            for h in range(soft_table.shape[0]):
                f = soft_frames[h]
                z = f[0, 0] * i + f[0, 1] * j + f[0, 2] * k + f[0, 3]
                y = f[1, 0] * i + f[1, 1] * j + f[1, 2] * k + f[1, 3]
                x = f[2, 0] * i + f[2, 1] * j + f[2, 2] * k + f[2, 3]
                t = soft_table[h]
                value = trilinear(soft, t[0], t[1], t[2], t[3], z, y, x, far)
                if value < skin:
                    skin = value
                    owner = h
            if skin > margin:
                continue
            found = 0
            for s in range(table.shape[0]):
                t = table[s]
                if j < t[6] or j > t[7] or i < t[8] or i > t[9] or found == MOST:
                    continue
                if t[4] != CALCIUM and t[4] != URATE:
                    f = frames[s]
                    z = f[0, 0] * i + f[0, 1] * j + f[0, 2] * k + f[0, 3]
                    y = f[1, 0] * i + f[1, 1] * j + f[1, 2] * k + f[1, 3]
                    x = f[2, 0] * i + f[2, 1] * j + f[2, 2] * k + f[2, 3]
                    if trilinear(flat, t[0], t[1], t[2], t[3], z, y, x, far) > margin:
                        continue
                chosen[found] = s
                counts[found] = 0
                found += 1
            f = soft_frames[owner]
            t = soft_table[owner]
            volume = t[1] * t[2] * t[3]
            thickness = soft_facts[owner, 0]
            septa = soft_facts[owner, 1]
            scale = soft_facts[owner, 2]
            z = f[0, 0] * i + f[0, 1] * j + f[0, 2] * k + f[0, 3]
            y = f[1, 0] * i + f[1, 1] * j + f[1, 2] * k + f[1, 3]
            x = f[2, 0] * i + f[2, 1] * j + f[2, 2] * k + f[2, 3]
            muscle = trilinear(soft, t[0] + volume, t[1], t[2], t[3], z, y, x, far)
            tendon = trilinear(soft, t[0] + 2 * volume, t[1], t[2], t[3], z, y, x, far)
            plain = (
                found == 0
                and skin < -margin
                and abs(skin + thickness) > margin
                and abs(muscle) > margin
                and abs(tendon) > margin
            )
            if plain:
                kind = FAT
                if skin > -thickness:
                    kind = SKIN
                elif tendon < 0:
                    kind = TENDON
                elif muscle < 0:
                    kind = MUSCLE
                classes[j, i] = kind
                extra = np.float32(0.0)
                if kind == FAT and septa > 0:
                    texture = grain(lattice, 0.35 * z * scale, 0.7 * y * scale, 0.7 * x * scale)
                    extra = septa * min(max(texture, np.float32(0.0)), np.float32(2.0))
                for e in range(2):
                    base = tissue[e, kind]
                    hu[e, j, i] = base + extra * (tissue[e, MUSCLE] - base)
                continue
            low = np.float32(0.0)
            high = np.float32(0.0)
            for c in range(nz):
                pk = k + ((c + 0.5) / nz - 0.5) * covered
                for b in range(ny):
                    pj = j + (b + 0.5) / ny - 0.5
                    for a in range(nx):
                        pi = i + (a + 0.5) / nx - 0.5
                        f = soft_frames[owner]
                        z = f[0, 0] * pi + f[0, 1] * pj + f[0, 2] * pk + f[0, 3]
                        y = f[1, 0] * pi + f[1, 1] * pj + f[1, 2] * pk + f[1, 3]
                        x = f[2, 0] * pi + f[2, 1] * pj + f[2, 2] * pk + f[2, 3]
                        inner = trilinear(soft, t[0], t[1], t[2], t[3], z, y, x, far)
                        kind = FAT
                        if inner > 0:
                            kind = AIR
                        elif inner > -thickness:
                            kind = SKIN
                        elif tendon < margin and (
                            trilinear(soft, t[0] + 2 * volume, t[1], t[2], t[3], z, y, x, far) < 0
                        ):
                            kind = TENDON
                        elif muscle < margin and (trilinear(soft, t[0] + volume, t[1], t[2], t[3], z, y, x, far) < 0):
                            kind = MUSCLE
                        sample_low = tissue[0, kind]
                        sample_high = tissue[1, kind]
                        for n in range(found - 1, -1, -1):
                            s = chosen[n]
                            g = frames[s]
                            u = table[s]
                            sz = g[0, 0] * pi + g[0, 1] * pj + g[0, 2] * pk + g[0, 3]
                            sy = g[1, 0] * pi + g[1, 1] * pj + g[1, 2] * pk + g[1, 3]
                            sx = g[2, 0] * pi + g[2, 1] * pj + g[2, 2] * pk + g[2, 3]
                            if u[4] == CALCIUM or u[4] == URATE:
                                amount = nearest(flat, u[0], u[1], u[2], u[3], sz, sy, sx)
                                if amount <= 0 or kind == AIR:
                                    continue
                                column = CALCIUM_SLOPE if u[4] == CALCIUM else URATE_SLOPE
                                sample_low += amount * tissue[0, column]
                                sample_high += amount * tissue[1, column]
                                counts[n] += 1
                                break
                            distance = trilinear(flat, u[0], u[1], u[2], u[3], sz, sy, sx, far)
                            if distance > 0:
                                continue
                            counts[n] += 1
                            if u[4] == IMPLANT:
                                sample_low = tissue[0, METAL]
                                sample_high = tissue[1, METAL]
                            elif u[4] == PLATE:
                                sample_low = tissue[0, NAIL]
                                sample_high = tissue[1, NAIL]
                            else:
                                knot = np.int64(min(max(sz / max(u[1] - 1, 1), 0.0), 1.0) * (PROFILE_KNOTS - 1) + 0.5)
                                profile = profiles[s]
                                if distance > -profile[0, knot]:
                                    fraction = profile[2, knot]
                                else:
                                    texture = grain(lattice, sz * 0.6, sy * 0.6, sx * 0.6)
                                    swing = np.float32(1.0) + np.float32(0.35) * texture
                                    fraction = profile[1, knot] * max(swing, np.float32(0.0))
                                sample_low = tissue[0, MARROW] + fraction * (tissue[0, CORTICAL] - tissue[0, MARROW])
                                sample_high = tissue[1, MARROW] + fraction * (tissue[1, CORTICAL] - tissue[1, MARROW])
                            break
                        low += sample_low
                        high += sample_high
            hu[0, j, i] = low * share
            hu[1, j, i] = high * share
            for n in range(found):
                s = chosen[n]
                if 2 * counts[n] >= half_votes and half_votes > 0:
                    labels[j, i] = table[s, 5]
                if counts[n] > votes[s, 0]:
                    votes[s, 0] = counts[n]
                    votes[s, 1] = j
                    votes[s, 2] = i
