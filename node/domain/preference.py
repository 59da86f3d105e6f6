"""Which of several sound pairs is measured."""

import re

from node.domain.grids import on_one_grid
from node.domain.series import Stack

LEGACY_CONVERTED_CLASS = "1.2.840.10008.5.1.4.1.1.2.2"
"""Legacy Converted Enhanced CT: a copy, which a study may hold beside its originals."""
_ENERGY_MARK = re.compile(
    r"(?<![A-Za-z])[AB]_(Sn)?\d{2,3}|(?<!\d)\d{2,3} ?kV|(low|high)[ _-]?(kV|energy)", re.IGNORECASE
)


def preference(pair: tuple[Stack, Stack]) -> tuple[object, ...]:
    """Sort key, best first: one acquisition, one grid, original, marked energies, far apart, thin, long, soft kernel.

    Only the last item tells two pairs apart that are otherwise as good: it makes the order stable.
    """
    low, high = pair
    acquisitions = low.frames[0].acquisition_number, high.frames[0].acquisition_number
    registered = not on_one_grid(low.geometry, high.geometry)
    derived = sum("DERIVED" in s.head.image_type for s in pair)
    converted = sum(s.head.sop_class_uid == LEGACY_CONVERTED_CLASS for s in pair)
    marks = sum(bool(_ENERGY_MARK.search(s.head.series_description)) for s in pair)
    apart = high.tube.kvp or high.tube.kev or 0.0
    apart -= low.tube.kvp or low.tube.kev or 0.0
    numbers = tuple(s.head.series_number or 0 for s in pair)
    stable = (numbers, low.series_instance_uid, high.series_instance_uid)
    spacing = round(low.geometry.spacing_mm[0], 3)
    kernel = low.head.convolution_kernel
    first = acquisitions[0] != acquisitions[1], registered, derived, converted, -marks, -apart
    return *first, spacing, -len(low.slices), _sharpness(kernel), stable


def _sharpness(kernel: str) -> tuple[int, str]:
    """Number in a kernel's name: softer kernels have less noise. Unnumbered kernels come last, by name."""
    match = re.search(r"\d+", kernel)
    return (int(match[0]) if match else 1000), kernel
