"""The phantom's slices against every sample looked up one by one, and its texture against SciPy."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from node.kernels import phantom_bodies, phantom_field
from node.kernels.phantom_bodies import (
    AIR,
    BONE,
    CALCIUM,
    CALCIUM_SLOPE,
    CORTICAL,
    FAR_MM,
    FAT,
    IMPLANT,
    MARROW,
    METAL,
    MOST,
    MUSCLE,
    NAIL,
    PLATE,
    PROFILE_KNOTS,
    SKIN,
    TENDON,
    URATE,
    URATE_SLOPE,
)
from node.kernels.phantom_slice import render_slice
from node.phantom.solid import rotation, translation
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

Floats = NDArray[np.float64]
STEP_MM = 0.7
SHAPE = (14, 16)
SPACING_MM = (1.1, 0.6, 0.6)
SAMPLES = (3, 2, 2)
COVERED = 0.9
MARGIN_MM = 0.55 * float(np.linalg.norm(SPACING_MM))
SKIN_MM = 1.0
STILL = np.zeros((32, 32, 32), np.float32)
"""No texture: then the kernel's short cuts change nothing."""
TISSUE = np.array(
    [
        [-1000.0, 60.0, -110.0, 50.0, 80.0, 260.0, 2700.0, -60.0, 9000.0, 2.4, 0.9],
        [-1000.0, 55.0, -70.0, 42.0, 95.0, 250.0, 1300.0, -30.0, 9000.0, 1.05, 0.85],
    ],
    np.float32,
)
NEAREST_CELL = (CALCIUM, URATE)


@dataclass(frozen=True, eq=False)
class Body:
    """A field on a turned grid of its own; ``frame`` (3, 4) takes a CT index (x, y, z, 1) to its index (z, y, x)."""

    kind: int
    values: NDArray[np.float32]
    frame: Floats

    def at(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Its value at CT indices, and the first coordinate there."""
        index = np.einsum("ab,b...->a...", self.frame[:, :3], np.stack([x, y, z])) + self.frame[:, 3:, None]
        if self.kind in NEAREST_CELL:
            cell = np.floor(index + 0.5).astype(int)
            last = np.array(self.values.shape)[:, None, None] - 1
            inside = ((cell >= 0) & (cell <= last)).all(axis=0)
            return np.where(inside, self.values[tuple(np.clip(cell, 0, last))], 0.0), index[0]
        value = map_coordinates(self.values.astype(float), index, order=1, mode="constant", cval=FAR_MM)
        return value, index[0]


def body(kind: int, centre_mm: Floats, radius_mm: float, turn: Floats, reach_mm: float = 3.0) -> Body:
    """A ball: distance to its surface, or for mineral 400 mg/cc within."""
    half = radius_mm + reach_mm
    count = int(2 * half / STEP_MM) + 2
    z, y, x = np.indices((count, count, count)) * STEP_MM - half
    distance = np.sqrt(x**2 + y**2 + z**2) - radius_mm
    values = np.where(distance < 0, 400.0, 0.0) if kind in NEAREST_CELL else distance
    field = translation(*centre_mm) @ turn @ translation(-half, -half, -half) @ np.diag([STEP_MM] * 3 + [1.0])
    frame = (np.linalg.inv(field) @ np.diag([*SPACING_MM[::-1], 1.0]))[2::-1]
    return Body(kind, values.astype(np.float32), np.ascontiguousarray(frame))


@dataclass(frozen=True, eq=False)
class Scene:
    """Each hand three bodies (skin, muscle, tendon) of one shape; solids, of which the later win; their profiles."""

    hands: tuple[tuple[Body, Body, Body], ...]
    solids: tuple[Body, ...]
    profiles: NDArray[np.float32]

    def render(self, k: int) -> tuple[NDArray[np.float32], NDArray[np.uint16], NDArray[np.uint8]]:
        offsets = np.cumsum([0, *(s.values.size for s in self.solids)])
        everywhere = (0, SHAPE[0] - 1, 0, SHAPE[1] - 1)
        table = [
            (o, *s.values.shape, s.kind, 7 + n, *everywhere)
            for n, (o, s) in enumerate(zip(offsets[:-1], self.solids, strict=True))
        ]
        flat = np.concatenate([np.zeros(0, np.float32), *(s.values.ravel() for s in self.solids)])
        frames = np.stack([s.frame for s in self.solids]) if self.solids else np.zeros((0, 3, 4))
        solids = (flat, np.array(table, np.int64).reshape(-1, 10), frames, self.profiles[: len(self.solids)])
        starts = np.cumsum([0, *(3 * hand[0].values.size for hand in self.hands)])
        blocks = np.array(
            [(o, *hand[0].values.shape) for o, hand in zip(starts[:-1], self.hands, strict=True)], np.int64
        )
        soft = np.concatenate([layer.values.ravel() for hand in self.hands for layer in hand])
        facts = np.array([(SKIN_MM, 0.3, STEP_MM)] * len(self.hands), np.float32)
        hands = (soft, blocks, np.stack([hand[0].frame for hand in self.hands]), facts)
        sampling = np.array([k, *SAMPLES, COVERED, MARGIN_MM, SPACING_MM[2]], float)
        hu, labels = np.full((2, *SHAPE), -1000.0, np.float32), np.zeros(SHAPE, np.uint16)
        classes = np.zeros(SHAPE, np.uint8)
        render_slice(solids, hands, TISSUE, STILL, sampling, hu, labels, classes)
        return hu, labels, classes


def soft_kinds(hand: tuple[Body, Body, Body], *at: Floats) -> NDArray[np.int64]:
    skin, muscle, tendon = (layer.at(*at)[0] for layer in hand)
    inner = np.where(tendon < 0, TENDON, np.where(muscle < 0, MUSCLE, FAT))
    return np.where(skin > 0, AIR, np.where(skin > -SKIN_MM, SKIN, inner))


def solid_levels(scene: Scene, n: int, value: Floats, z: Floats) -> Floats:
    """HU (2, ...) of a solid where its field has this value."""
    kind = scene.solids[n].kind
    if kind in NEAREST_CELL:
        slope = CALCIUM_SLOPE if kind == CALCIUM else URATE_SLOPE
        return TISSUE[:, MUSCLE, None, None] + value * TISSUE[:, slope, None, None]
    if kind != BONE:
        return np.broadcast_to(TISSUE[:, METAL if kind == IMPLANT else NAIL, None, None], (2, *SHAPE))
    depth = scene.solids[n].values.shape[0]
    knot = (np.clip(z / max(depth - 1, 1), 0.0, 1.0) * (PROFILE_KNOTS - 1) + 0.5).astype(int)
    cortex_mm, spongy, compact = (scene.profiles[n, row][knot] for row in range(3))
    share = np.where(value > -cortex_mm, compact, spongy)
    marrow, cortical = TISSUE[:, MARROW, None, None], TISSUE[:, CORTICAL, None, None]
    return marrow + share * (cortical - marrow)


def slow_slice(scene: Scene, k: int) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Mean HU (2, y, x), labels, and the tissue of voxels that hold but one (else -1), from every sample."""
    y, x = np.indices(SHAPE).astype(float)
    skins = np.stack([hand[0].at(x, y, np.full(SHAPE, float(k)))[0] for hand in scene.hands])
    owner, outside = skins.argmin(axis=0), skins.min(axis=0) > MARGIN_MM
    offsets = [(np.arange(n) + 0.5) / n - 0.5 for n in SAMPLES]
    mean, counts, kinds = np.zeros((2, *SHAPE)), np.zeros((len(scene.solids), *SHAPE), int), []
    for c in offsets[0] * COVERED:
        for b in offsets[1]:
            for a in offsets[2]:
                at = (x + a, y + b, np.full(SHAPE, k + c))
                soft = np.choose(owner, [soft_kinds(hand, *at) for hand in scene.hands])
                level = np.stack([row[soft] for row in TISSUE])
                holder = np.full(SHAPE, -1)
                for n, solid in enumerate(scene.solids):  # later ones win
                    value, z = solid.at(*at)
                    inside = value > 0 if solid.kind in NEAREST_CELL else value <= 0
                    cut = inside & (soft == AIR) & (solid.kind in NEAREST_CELL)  # mineral ends at the skin
                    level = np.where(inside, solid_levels(scene, n, value, z), level)
                    level = np.where(cut, TISSUE[:, AIR, None, None], level)
                    holder = np.where(cut, -1, np.where(inside, n, holder))
                mean += level
                counts += holder == np.arange(len(scene.solids))[:, None, None]
                kinds.append(np.where(holder >= 0, -1, soft))
    mean, size = mean / len(kinds), len(kinds)
    labels = np.zeros(SHAPE, int)
    for n, count in enumerate(counts):
        labels = np.where(2 * count >= size, 7 + n, labels)
    mean[:, outside], labels[outside] = -1000.0, 0
    alone = np.where((np.ptp(kinds, axis=0) == 0) & (kinds[0] > 0), kinds[0], -1)
    return mean, labels, alone


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """One hand or two that touch, balls each, with up to five solids of any kind in them or at their surface."""
    random = np.random.default_rng(draw(st.integers(0, 2**20)))
    size_mm = np.array([SHAPE[1] * SPACING_MM[2], SHAPE[0] * SPACING_MM[1], 6 * SPACING_MM[0]])

    def turn() -> Floats:
        a, b, c = random.uniform(-180.0, 180.0, 3)
        return np.asarray(rotation(0, a) @ rotation(1, b) @ rotation(2, c))

    hands = []
    for _ in range(draw(st.integers(1, 2))):
        centre, way, outer = size_mm * random.uniform(0.2, 0.8, 3), turn(), random.uniform(3.0, 6.0)
        radii = ((outer, 3.0), (outer - 1.8, 4.8), (outer - 2.6, 5.6))
        skin, muscle, tendon = (body(IMPLANT, centre, r, way, reach) for r, reach in radii)
        hands.append((skin, muscle, tendon))
    kinds = draw(st.lists(st.sampled_from([BONE, CALCIUM, URATE, IMPLANT, PLATE]), max_size=5))
    solids = tuple(
        body(kind, size_mm * random.uniform(0.2, 0.8, 3), random.uniform(0.8, 3.0), turn()) for kind in kinds
    )
    profiles = np.empty((len(kinds), 3, PROFILE_KNOTS), np.float32)
    for row, (low, high) in enumerate(((0.3, 1.2), (0.1, 0.4), (0.8, 1.0))):
        profiles[:, row] = random.uniform(low, high, (len(kinds), 1))
    return Scene(tuple(hands), solids, profiles)


@settings(max_examples=40, deadline=None)
@given(scene=scenes(), k=st.integers(0, 5))
def test_a_slice_is_the_mean_of_all_its_samples(scene: Scene, k: int) -> None:
    hu, labels, classes = scene.render(k)
    expected, true_labels, alone = slow_slice(scene, k)
    wrong = np.abs(hu - expected).max(axis=0) > 0.01
    # A sample within rounding of a surface may fall to either side, in a voxel here and there.
    assert np.count_nonzero(wrong) <= 2
    assert np.count_nonzero(labels != true_labels) <= 2
    told = classes > 0
    np.testing.assert_array_equal(classes[told], alone[told])


def test_more_solids_than_are_looked_at_in_one_voxel() -> None:
    """The first ones are taken, and nothing is written beyond them."""
    centre = np.array([5.0, 4.0, 3.0])
    layers = tuple(body(IMPLANT, centre, 6.0 - inner, np.eye(4), 3.0 + inner) for inner in (0.0, 1.8, 2.6))
    many = tuple(body(BONE, centre, 2.0, np.eye(4)) for _ in range(MOST + 6))
    profiles = np.full((len(many), 3, PROFILE_KNOTS), 0.5, np.float32)
    _, labels, _ = Scene(((layers[0], layers[1], layers[2]),), many, profiles).render(3)
    assert labels.max() == 7 + MOST - 1


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**20), where=st.tuples(*[st.floats(-70.0, 70.0)] * 3))
def test_grain_is_a_lattice_that_repeats(seed: int, where: tuple[float, float, float]) -> None:
    lattice = np.random.default_rng(seed).standard_normal((32, 32, 32)).astype(np.float32)
    expected = map_coordinates(lattice.astype(float), np.array(where)[:, None], order=1, mode="grid-wrap")[0]
    assert phantom_field.grain(lattice, *where) == pytest.approx(expected, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**20), knot=st.floats(0.0, 20.0), distance=st.floats(-3.0, 0.0))
def test_spongiosa_has_its_grain_and_cortex_has_none(seed: int, knot: float, distance: float) -> None:
    random = np.random.default_rng(seed)
    lattice = random.standard_normal((32, 32, 32)).astype(np.float32)
    profile = random.uniform(0.1, 1.5, (3, PROFILE_KNOTS)).astype(np.float32)
    at = random.uniform(0.0, 20.0, 4)
    found = phantom_bodies.bone_fraction(profile, np.float32(distance), knot, 21, lattice, at)
    n = int(knot / 20 * (PROFILE_KNOTS - 1) + 0.5)
    if np.float32(distance) > -profile[0, n]:
        assert found == profile[2, n]
    else:
        texture = map_coordinates(lattice.astype(float), 0.6 * at[:3, None], order=1, mode="grid-wrap")[0]
        assert found == pytest.approx(profile[1, n] * max(1.0 + 0.35 * texture, 0.0), abs=1e-4)
