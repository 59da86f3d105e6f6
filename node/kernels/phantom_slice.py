"""One CT slice of the phantom: attenuation averaged over sub-samples of each voxel, and the label that wins."""

import numpy as np
from numpy.typing import NDArray

from node.kernels.jit import kernel
from node.kernels.phantom_bodies import (
    AIR,
    CALCIUM,
    FAT,
    HANDS,
    MOST,
    MUSCLE,
    OUTSIDE_MM,
    SOLIDS,
    URATE,
    Hands,
    Solids,
    near_solids,
    owner_of,
    plain_kind,
    septum,
    soft_kind,
    solid_at,
    solid_hu,
    wholly_bone,
)
from node.kernels.phantom_field import carry


@kernel(
    f"void({SOLIDS}, {HANDS}, int64, int64[::1], int64, float64[::1], Array(float32, 2, 'C', True), "
    "Array(float32, 3, 'C', True), float32[::1], int64[::1])"
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
    hit = np.empty(4)
    fibrous = septum(hands, owner, voxel[0], voxel[1], voxel[2], lattice)
    mean[:] = 0
    counts[:found] = 0
    for c in range(depth):
        k = voxel[2] + ((c + 0.5) / depth - 0.5) * voxel[6]
        for b in range(rows):
            j = voxel[1] + (b + 0.5) / rows - 0.5
            for a in range(columns):
                i = voxel[0] + (a + 0.5) / columns - 0.5
                n = solid_at(solids, chosen, found, i, j, k, hit)
                mineral = n >= 0 and (solids[1][chosen[n], 4] == CALCIUM or solids[1][chosen[n], 4] == URATE)
                if n < 0 or mineral:
                    z, y, x = carry(frames[owner], i, j, k)
                    kind = soft_kind(soft, blocks[owner], z, y, x, facts[owner, 0])
                    extra = fibrous if kind == FAT else np.float32(0.0)
                    for e in range(2):
                        sample[e] = tissue[e, kind] + extra * (tissue[e, MUSCLE] - tissue[e, kind])
                    if mineral and kind == AIR:
                        n = -1
                if n >= 0:
                    solid_hu(solids, chosen[n], hit, lattice, tissue, sample)
                    counts[n] += 1
                mean[0] += sample[0]
                mean[1] += sample[1]
    share = np.float32(1.0 / (depth * rows * columns))
    mean[0] *= share
    mean[1] *= share


@kernel(
    f"void({SOLIDS}, {HANDS}, Array(float32, 2, 'C', True), Array(float32, 3, 'C', True), "
    "Array(float64, 1, 'C', True), float32[:, :, ::1], uint16[:, ::1], uint8[:, ::1])"
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
) -> None:
    """Render one slice.

    ``solids``: flat fields; int64 (n, 10) offset, depth, height, width, kind, label, first and last row, first and
    last column it may touch; float64 (n, 3, 4) from the CT index (x, y, z, 1) to the field's
    fractional index (z, y, x); float32 (n, 3, 64) along the field's z: cortex in mm, trabecular fraction, cortical
    density. Later solids win. ``hands``: flat fields of skin, muscle and tendon distance; int64 (h, 4) offset,
    depth, height, width; float64 (h, 3, 4) as above; float32 (h, 3) skin mm, share of septa in fat, grid step mm.
    ``tissue`` float32 (2, 11). ``sampling``: slice index; samples along z, y, x; share of the increment that the
    slice covers; margin in mm; spacing of the columns in mm. ``hu`` (2, rows, columns) and ``labels`` are written
    where there is body; ``classes`` is the tissue where a voxel is of one soft tissue only, else 0.
    """
    chosen = np.empty(MOST, np.int64)
    counts = np.empty(MOST, np.int64)
    mean = np.empty(2, np.float32)
    gap = np.empty(1, np.float32)
    many = np.empty(7)
    many[2:] = sampling[:5]
    once = np.ones(7)
    once[2] = sampling[0]
    margin = np.float32(sampling[5])
    samples = int(sampling[1] * sampling[2] * sampling[3])
    for j in range(labels.shape[0]):
        free = 0
        for i in range(labels.shape[1]):
            if i < free:
                continue
            owner = owner_of(hands, i, j, sampling[0], margin, gap)
            if owner < 0:
                free = i + int(min(0.7 * gap[0], OUTSIDE_MM) / sampling[6])
                continue
            found = near_solids(solids, i, j, sampling[0], margin, chosen)
            if found == 0:
                kind = plain_kind(hands, owner, i, j, sampling[0], margin)
                if kind >= 0:
                    classes[j, i] = kind
                    extra = septum(hands, owner, i, j, sampling[0], lattice) if kind == FAT else np.float32(0.0)
                    for e in range(2):
                        hu[e, j, i] = tissue[e, kind] + extra * (tissue[e, MUSCLE] - tissue[e, kind])
                    continue
            sure = found > 0 and wholly_bone(solids, chosen[found - 1], i, j, sampling[0], margin)
            voxel = once if sure else many
            voxel[0], voxel[1] = i, j
            mixed_voxel(solids, hands, owner, chosen, found, voxel, tissue, lattice, mean, counts)
            hu[0, j, i], hu[1, j, i] = mean[0], mean[1]
            full = 1 if sure else samples
            for n in range(found):
                if 2 * counts[n] >= full:
                    labels[j, i] = solids[1][chosen[n], 5]
