"""A deposit on its key slice: a crop of the low-energy image with the outline."""

from typing import Final

import numpy as np

from node.domain.findings import Analysis, Deposit
from node.domain.volume import Volume
from node.domain.wording import MATERIAL_RGB
from node.render.canvas import RgbArray, grey, outlined, resized, resized_mask

FIELD_MM: Final = 36.0
CENTRE_HU: Final = 400.0
WIDTH_HU: Final = 1600.0


def key_slice(low: Volume, analysis: Analysis, deposit: Deposit, size: int) -> RgbArray:
    """``size`` × ``size`` pixels around the deposit, at least ``FIELD_MM`` wide, window 400/1600 HU, as stored.

    Rows and columns are those of the CT image; outside of it is black.
    """
    _, y, x = low.geometry.to_index_zyx(np.asarray(deposit.centroid_lps_mm)[None])[0]
    spacing = low.geometry.spacing_mm
    field = max(FIELD_MM, 1.6 * deposit.long_axis_mm)
    half = np.maximum(np.rint(field / 2 / np.asarray(spacing[1:])).astype(int), 1)
    pad = [(int(half[0]), int(half[0])), (int(half[1]), int(half[1]))]
    row, column = round(float(y)), round(float(x))
    window = slice(row, row + 2 * half[0] + 1), slice(column, column + 2 * half[1] + 1)
    hu = np.pad(low.hu[deposit.key_slice], pad, constant_values=-1024)[window]
    mask = np.pad(analysis.segments[deposit.key_slice] == deposit.number, pad)[window]
    level = (resized(hu.astype(np.float64), size, size) - CENTRE_HU) / WIDTH_HU + 0.5
    rgb = grey(level)
    outlined(rgb, resized_mask(mask, size, size), MATERIAL_RGB[deposit.material], 2, dashed=deposit.review)
    return rgb
