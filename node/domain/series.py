"""From instances to stacks: the planes of one energy of one acquisition, in order along their normal.

Order comes from Image Position and Orientation (Patient) only, never from Instance Number. One Series Instance
UID may hold two energies or two acquisitions: they become two stacks.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from node.domain.instance import Frame, Instance
from node.domain.reason import Reason, ReasonCode
from node.domain.volume import Float64Array, Geometry, Tube

POSITION_TOLERANCE_MM = 0.01
"""Planes closer than this are at the same place; Decimal Strings of real scanners are rounded to 0.001 to 0.01 mm."""
UNEVEN_FRACTION = 0.05
"""A plane may lie this share of the spacing off the even grid."""
DIRECTION_TOLERANCE = 1e-3
MINIMUM_SLICES = 3


@dataclass(frozen=True)
class Slice:
    """One plane: the instance that holds it and the frame within."""

    instance: Instance
    frame: Frame

    @property
    def position_mm(self) -> Float64Array:
        """Image Position (Patient), (3,) float64."""
        return np.asarray(self.frame.position_mm, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Stack:
    """Planes of one energy, sorted along the normal (row direction × column direction).

    ``geometry`` is exact only where ``faults`` is empty; faults say what is wrong with the set of planes.
    """

    series_instance_uid: str
    tube: Tube
    slices: tuple[Slice, ...] = field(repr=False)
    geometry: Geometry = field(repr=False)
    faults: tuple[Reason, ...] = ()

    @property
    def instances(self) -> tuple[Instance, ...]:
        """The instance of each plane; a multi-frame instance stands once for each of its planes."""
        return tuple(s.instance for s in self.slices)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The frame of each plane."""
        return tuple(s.frame for s in self.slices)

    @property
    def head(self) -> Instance:
        """The first plane's instance: what all planes share is read from it."""
        return self.slices[0].instance

    @property
    def tilt_degrees(self) -> float:
        """Angle between the way from plane to plane and the planes' normal: not 0 with a tilted gantry."""
        step = self.geometry.affine[:3, 2]
        along = abs(float(step @ plane_normal(self.frames[0]))) / max(float(np.linalg.norm(step)), 1e-12)
        return float(np.degrees(np.arccos(min(along, 1.0))))

    @property
    def name(self) -> str:
        """The series as a person knows it."""
        head = self.head
        number = "" if head.series_number is None else f" {head.series_number}"
        text = f" “{head.series_description}”" if head.series_description else ""
        return f"Series{number}{text} ({self.tube}, {len(self.slices)} slices)"


def stacks(instances: Iterable[Instance]) -> tuple[Stack, ...]:
    """All stacks of at least ``MINIMUM_SLICES`` planes, in a stable order; other planes are left out.

    The result does not depend on the order of ``instances``; an instance given twice counts once.
    """
    found = [_stack(part) for group in _groups(instances) for part in _by_acquisition(group)]
    return tuple(sorted((s for s in found if s is not None), key=_stable_order))


def plane_normal(frame: Frame) -> Float64Array:
    """Unit normal of the plane: row direction × column direction (PS3.3 C.7.6.2.1.1)."""
    directions = np.asarray(frame.orientation, dtype=np.float64)
    normal = np.cross(directions[:3], directions[3:])
    return np.asarray(normal / max(float(np.linalg.norm(normal)), 1e-12), dtype=np.float64)


def same_directions(a: Frame, b: Frame) -> bool:
    """True where both planes have the same orientation and pixel spacing."""
    if a.orientation == b.orientation and a.pixel_spacing_mm == b.pixel_spacing_mm:
        return True
    orientation = np.allclose(a.orientation, b.orientation, rtol=0, atol=DIRECTION_TOLERANCE)
    return bool(orientation and np.allclose(a.pixel_spacing_mm, b.pixel_spacing_mm, rtol=0, atol=1e-4))


def _stable_order(stack: Stack) -> tuple[int, str, str, str]:
    number = stack.head.series_number
    return (1 << 31 if number is None else number, stack.series_instance_uid, str(stack.tube), _first_uid(stack))


def _first_uid(stack: Stack) -> str:
    return min(i.sop_instance_uid for i in stack.instances)


def _groups(instances: Iterable[Instance]) -> list[list[Slice]]:
    """Slices that belong together by series, energy, kind of image and direction."""
    unique = {i.sop_instance_uid: i for i in instances}
    exact: dict[tuple[object, ...], list[list[Slice]]] = defaultdict(list)
    for _, instance in sorted(unique.items()):
        for frame in instance.frames:
            _join(exact[_exact_key(instance, frame)], Slice(instance, frame))
    return [group for groups in exact.values() for group in groups]


def _join(groups: list[list[Slice]], plane: Slice) -> None:
    for group in groups:
        if same_directions(group[0].frame, plane.frame):
            group.append(plane)
            return
    groups.append([plane])


def _exact_key(instance: Instance, frame: Frame) -> tuple[object, ...]:
    return (
        instance.study_instance_uid,
        instance.series_instance_uid,
        instance.frame_of_reference_uid,
        instance.patient_id,
        instance.image_type,
        instance.convolution_kernel,
        instance.rescale_type,
        (instance.rows, instance.columns),
        (frame.tube.kvp, frame.tube.has_tin, frame.tube.kev),
    )


def _by_acquisition(group: list[Slice]) -> list[list[Slice]]:
    """Two acquisitions in one series lie on one another; acquisitions that follow one another along z stay one."""
    planes = _without_resends(_sorted(group))
    if len(planes) == len(_distinct(planes)):
        return [planes]
    parts: dict[int | None, list[Slice]] = defaultdict(list)
    for plane in planes:
        parts[plane.frame.acquisition_number].append(plane)
    if len(parts) > 1 and all(len(p) == len(_distinct(p)) for p in parts.values()):
        return list(parts.values())
    return [planes]


def _sorted(group: Sequence[Slice]) -> list[Slice]:
    normal = plane_normal(group[0].frame)
    return sorted(group, key=lambda s: (float(s.position_mm @ normal), s.instance.sop_instance_uid, s.frame.number))


def _same_place(a: Slice, b: Slice) -> bool:
    pairs = zip(a.frame.position_mm, b.frame.position_mm, strict=True)
    return all(abs(ours - theirs) < POSITION_TOLERANCE_MM for ours, theirs in pairs)


def _without_resends(planes: list[Slice]) -> list[Slice]:
    """Drop a plane whose twin at the same place has the same content under another UID."""
    kept: list[Slice] = []
    for plane in planes:
        digest = plane.instance.content_digest
        if not (kept and _same_place(kept[-1], plane) and digest and kept[-1].instance.content_digest == digest):
            kept.append(plane)
    return kept


def _distinct(planes: list[Slice]) -> list[Slice]:
    return [p for n, p in enumerate(planes) if n == 0 or not _same_place(planes[n - 1], p)]


def _stack(planes: list[Slice]) -> Stack | None:
    distinct = _distinct(planes)
    if len(distinct) < MINIMUM_SLICES:
        return None
    doubled = len(planes) - len(distinct)
    geometry, uneven = _fit(distinct)
    faults = (*([_doubled(doubled)] if doubled else []), *uneven)
    head = distinct[0]
    return Stack(head.instance.series_instance_uid, head.frame.tube, tuple(distinct), geometry, faults)


def _fit(planes: list[Slice]) -> tuple[Geometry, tuple[Reason, ...]]:
    """Grid through the planes, and what is wrong with their spacing.

    The step from plane to plane is a vector: with gantry tilt it is not along the normal (sheared affine).
    """
    positions = np.stack([p.position_mm for p in planes])
    along = positions @ plane_normal(planes[0].frame)
    steps = np.diff(along)
    spacing = float(np.median(steps))
    counts = np.maximum(np.rint(steps / spacing), 1)
    index = np.concatenate([[0.0], np.cumsum(counts)])
    step = (positions[-1] - positions[0]) / index[-1]
    residual = float(np.abs(positions - (positions[0] + index[:, None] * step)).max())
    geometry = _geometry(planes, positions[0], step, float(along[-1] - along[0]) / float(index[-1]))
    if residual > max(UNEVEN_FRACTION * spacing, POSITION_TOLERANCE_MM):
        return geometry, (_uneven(float(steps.min()), float(steps.max())),)
    missing = int(counts.sum()) - len(steps)
    return geometry, ((_missing(missing, along, counts),) if missing else ())


def _geometry(planes: list[Slice], origin: Float64Array, step: Float64Array, distance: float) -> Geometry:
    frame, head = planes[0].frame, planes[0].instance
    between_rows, between_columns = frame.pixel_spacing_mm
    directions = np.asarray(frame.orientation, dtype=np.float64)
    affine = np.eye(4)
    affine[:3, 0] = directions[:3] * between_columns
    affine[:3, 1] = directions[3:] * between_rows
    affine[:3, 2] = step
    affine[:3, 3] = origin
    shape = (len(planes), head.rows, head.columns)
    return Geometry(shape, (distance, between_rows, between_columns), affine)


def _doubled(count: int) -> Reason:
    return Reason(
        ReasonCode.DOUBLED_SLICES,
        f"{count} slice positions are taken twice by images with different content.",
        "Send each acquisition as a series of its own.",
    )


def _uneven(smallest_mm: float, largest_mm: float) -> Reason:
    return Reason(
        ReasonCode.UNEVEN_SPACING,
        f"the slices are unevenly spaced ({smallest_mm:.2f} to {largest_mm:.2f} mm); one distance is expected.",
        "Send a reconstruction with a constant increment.",
    )


def _missing(count: int, along: Float64Array, counts: Float64Array) -> Reason:
    where = float(along[int(np.argmax(counts > 1))])
    return Reason(
        ReasonCode.MISSING_SLICES,
        f"{count} of {int(counts.sum()) + 1} slices missing, the first after position {where:.1f} mm.",
        "Send the series again; the late slices are taken up.",
    )
