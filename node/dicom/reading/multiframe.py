"""Planes of an instance: one for plain CT, many for Enhanced and Legacy Converted Enhanced CT (PS3.3 C.7.6.16)."""

from typing import Any, cast

from pydicom.dataset import Dataset

from node.dicom.reading.attributes import Lookup, items, lookup_of, number, numbers, whole
from node.dicom.reading.energy import tube_of
from node.domain.instance import Frame, Vector3

Orientation = tuple[float, float, float, float, float, float]


def frame_lookups(plain: Lookup) -> list[Lookup]:
    """One lookup a frame: its own functional groups first, then the shared ones, then the dataset (``plain``)."""
    per_frame = items(plain("PerFrameFunctionalGroupsSequence"))
    if not per_frame:
        return [plain]
    shared = [group for item in items(plain("SharedFunctionalGroupsSequence")) for group in _groups(item)]
    return [_chain([*_groups(item), *shared, plain]) for item in per_frame]


def frames_of(lookups: list[Lookup]) -> tuple[Frame, ...]:
    """Frames that have a place in the patient, numbered from 1; those without are left out."""
    found = (_frame(number_, lookup) for number_, lookup in enumerate(lookups, start=1))
    return tuple(f for f in found if f is not None)


def _groups(item: Dataset) -> list[Lookup]:
    """One lookup for the item itself and one for the first item of each of its functional groups.

    The groups are not told apart: no keyword that is asked for stands in two of them with different meanings.
    """
    sequences = (items(element.value) for element in item if element.VR == "SQ")
    return [lookup_of(item), *(lookup_of(found[0]) for found in sequences if found)]


def _chain(lookups: list[Lookup]) -> Lookup:
    """The first of ``lookups`` that has a value answers."""

    def lookup(keyword: str) -> Any:
        return next((value for one in lookups if (value := one(keyword)) is not None), None)

    return lookup


def _frame(frame_number: int, lookup: Lookup) -> Frame | None:
    position = numbers(lookup("ImagePositionPatient"), 3)
    orientation = numbers(lookup("ImageOrientationPatient"), 6)
    spacing = numbers(lookup("PixelSpacing"), 2)
    if position is None or orientation is None or spacing is None:
        return None
    slope = number(lookup("RescaleSlope"))
    return Frame(
        number=frame_number,
        position_mm=cast(Vector3, position),
        orientation=cast(Orientation, orientation),
        pixel_spacing_mm=cast(tuple[float, float], spacing),
        tube=tube_of(lookup),
        rescale_slope=1.0 if slope is None else slope,
        rescale_intercept=number(lookup("RescaleIntercept")) or 0.0,
        acquisition_number=whole(lookup("AcquisitionNumber")) or whole(lookup("FrameAcquisitionNumber")),
    )
