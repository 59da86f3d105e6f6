"""Shapes of voxels in words, and when a cord follows a tendon."""

from dataclasses import replace

import numpy as np
import pytest
from node.analysis.anatomy.place import NOWHERE, Place
from node.analysis.deposit.course import ALONG_TENDON, shape_of
from node.analysis.deposit.shape import name_shape
from node.domain.findings import Level, Material, Region
from node.domain.volume import Geometry
from tests.fakes.sticks import MEASURES, anatomy

GRID = Geometry((60, 60, 60), (0.5, 0.5, 0.5), np.diag([0.5, 0.5, 0.5, 1.0]))


def solid(*half_mm: float) -> np.ndarray:
    """Voxels of an ellipsoid of these half axes (z, y, x)."""
    grid = np.argwhere(np.ones(GRID.shape)) * 0.5 - 15.0
    return np.argwhere(np.ones(GRID.shape))[((grid / half_mm) ** 2).sum(axis=1) <= 1.0]


def shape(voxels: np.ndarray, mg_cc: float = 500.0) -> str:
    volume = len(voxels) * GRID.voxel_mm3
    return name_shape(voxels, GRID, volume, volume * mg_cc / 1000.0)


def lobes() -> np.ndarray:
    """Six balls around a small one."""
    grid = np.argwhere(np.ones(GRID.shape)) * 0.5 - 15.0
    centres = [sign * 3.2 * np.eye(3)[axis] for axis in range(3) for sign in (-1, 1)]
    inside = np.linalg.norm(grid, axis=1) <= 2.0
    for centre in centres:
        inside |= np.linalg.norm(grid - centre, axis=1) <= 1.9
    return np.argwhere(np.ones(GRID.shape))[inside]


def net() -> np.ndarray:
    voxels = np.argwhere(np.ones(GRID.shape))
    inside = np.all((voxels > 15) & (voxels < 41), axis=1)
    bars = (voxels % 8 < 2).sum(axis=1) >= 2
    return voxels[inside & bars]


@pytest.mark.parametrize(
    ("voxels", "said"),
    [
        (solid(3.0, 3.0, 3.0), "stone"),
        (solid(4.0, 4.0, 1.0), "plate"),
        (solid(8.0, 2.0, 2.0), "cord"),
        (lobes(), "lobulated"),
        (net(), "net"),
        (solid(1.4, 0.7, 0.7), "stone"),  # too small to be told from a stone
    ],
)
def test_forms(voxels: np.ndarray, said: str) -> None:
    assert shape(voxels) == said


def test_low_density_is_said_and_is_never_a_stone_or_mousse() -> None:
    assert shape(solid(3.0, 3.0, 3.0), 100.0) == "low density"
    assert shape(solid(4.0, 4.0, 1.0), 100.0) == "plate, low density"
    assert shape(solid(1.0, 1.0, 1.0), 100.0) == "stone", "blur makes small ones look pale"


def test_a_cord_follows_a_tendon_only_where_one_runs_and_along_it() -> None:
    def said(compartment: str, half_mm: tuple[float, ...], region: Region = Region.DIGIT) -> str:
        measures = replace(MEASURES, voxels=solid(*half_mm), shape="cord, low density")
        bones = ("PP3",) if region is Region.DIGIT else ("radius",)
        return shape_of(
            measures, Material.CALCIUM, Place(region, 3, Level.PROXIMAL, compartment, bones, 1.0), anatomy(), GRID
        )

    along, across = (8.0, 2.0, 2.0), (2.0, 2.0, 8.0)  # z is distal
    follows = f"{ALONG_TENDON}, low density"
    assert said("palmar, deep", along) == follows
    assert said("dorsal, subcutaneous", along) == follows
    assert said("volar, deep", along, Region.FOREARM) == follows
    assert said("palmar, deep", across) == "cord, low density"
    assert said("palmar, subcutaneous", along) == "cord, low density"
    assert said("radial, deep", along) == "cord, low density"
    assert said("fingertip pad, palmar", along) == "cord, low density"
    assert said("dorsal, subcutaneous", along, Region.FOREARM) == "cord, low density"


@pytest.mark.parametrize(
    ("shape", "said"), [("stone", "compact"), ("low density", "compact"), ("plate, low density", "plate")]
)
def test_of_urate_the_form_alone_is_said(shape: str, said: str) -> None:
    measures = replace(MEASURES, voxels=solid(3.0, 3.0, 3.0), shape=shape)
    assert shape_of(measures, Material.URATE, NOWHERE, anatomy(), GRID) == said
