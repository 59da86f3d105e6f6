"""``make``: a phantom study from its spec."""

from collections.abc import Callable
from dataclasses import dataclass

import edt
import numpy as np
from numpy.typing import NDArray

from node.domain.volume import EnergyPair, Geometry, Volume
from node.phantom.attenuation import attenuation
from node.phantom.noise import store
from node.phantom.render import Rendered, blur, fit_geometry, render, workers
from node.phantom.scene import HandScene, build_hand
from node.phantom.spec import PhantomSpec
from node.phantom.splint import add_splints
from node.phantom.truth import Truth, describe

Progress = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class Phantom:
    """A synthetic study: the two energies, ``labels`` uint16 (z, y, x) on their grid, and the exact truth."""

    spec: PhantomSpec
    pair: EnergyPair
    labels: NDArray[np.uint16]
    truth: Truth
    hands: tuple[HandScene, ...]


def make(spec: PhantomSpec, progress: Progress | None = None) -> Phantom:
    """Model, render and describe a study. Pure and deterministic: noise and textures come from ``spec.seed``.

    ``progress`` is called with a stage and its share done. Raises Refused for a spec that cannot be built
    (unknown pair or bone, a deposit outside the hand).
    """
    figures = attenuation(spec.imaging.pair, spec.imaging.water_path_cm)
    step = 0.5 if min(spec.grid.spacing_mm) < 0.8 else 0.7
    hands = tuple(build_hand(spec, n, step) for n in range(len(spec.hands)))
    geometry = fit_geometry(spec.grid, hands)
    first, second = _render_both(spec, hands, geometry, figures.table(), progress)
    near = _near_body(first, geometry, spec.imaging.clean_air_mm)
    noise = (spec.seed, 5) if spec.scan == 0 else (spec.seed, 5, spec.scan)
    images = (
        store(blur(r.hu[e], spec.grid, spec.imaging), near, e, spec.grid, spec.imaging, noise)
        for e, r in ((0, first), (1, second))
    )
    low, high = (Volume(hu, geometry) for hu in images)
    pair = EnergyPair(low, high, figures.low_tube, figures.high_tube)
    truth = describe(spec, hands, pair, first.labels, first.classes)
    return Phantom(spec, pair, first.labels, truth, hands)


def _render_both(
    spec: PhantomSpec,
    hands: tuple[HandScene, ...],
    geometry: Geometry,
    tissue: NDArray[np.float32],
    progress: Progress | None,
) -> tuple[Rendered, Rendered]:
    """Both energies; a second pass only where the patient moved between them. Labels are those of the low one."""
    still = (0.0, 0.0, 0.0)
    first = render(hands, geometry, spec.grid, spec.imaging, tissue, spec.seed, still, progress)
    add_splints(first.hu, hands, geometry)
    motion = spec.imaging.motion_mm
    if motion == still:
        return first, first
    second = render(hands, geometry, spec.grid, spec.imaging, tissue, spec.seed, motion, progress)
    add_splints(second.hu, hands, geometry)
    return first, second


def _near_body(rendered: Rendered, geometry: Geometry, clean_air_mm: float | None) -> NDArray[np.bool_] | None:
    if clean_air_mm is None:
        return None
    air = rendered.hu[0] <= -999.0
    away_mm = edt.edt(air, anisotropy=geometry.spacing_mm, black_border=False, parallel=workers())
    return np.asarray(away_mm <= clean_air_mm)
