"""The outline of a deposit on one slice, as a closed polygon in image coordinates (PS3.3 C.18.6.1.1)."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_TURNS = ((0, 1), (1, 0), (0, -1), (-1, 0))
"""Steps along pixel borders (row, column): right, down, left, up; each is a right turn from the one before."""


def outline(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Border of the largest 4-connected part of ``mask`` (rows, columns), clockwise on the screen.

    Returns (n, 2) float64 of (column, row), the first point repeated at the end; pixel borders, so that the centre of
    the first pixel is (0.5, 0.5). Of parts of equal size the first in reading order is taken; holes are left out.
    Raises ValueError where the mask is empty.
    """
    labels, count = ndimage.label(mask)
    if count == 0:
        raise ValueError("An outline needs at least one pixel.")
    part = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    corners = _walk(np.pad(part, 1))
    return np.array([(column - 1.0, row - 1.0) for row, column in corners])


def _walk(part: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Corners where the border turns; the part is kept on the right hand."""
    start = (int(np.argmax(part.any(axis=1))), 0)
    start = (start[0], int(np.argmax(part[start[0]])))
    row, column, heading = *start, 0
    corners = [start]
    while True:
        row, column = row + _TURNS[heading][0], column + _TURNS[heading][1]
        if (row, column) == start:
            return [*corners, start]
        turned = _next_heading(part, row, column, heading)
        if turned != heading:
            corners.append((row, column))
        heading = turned


def _next_heading(part: NDArray[np.bool_], row: int, column: int, heading: int) -> int:
    """Turn left where the pixel ahead on the left is of the part, go on where only the right one is, else right.

    At two pixels that touch by a corner the path turns right, so a 4-connected part stays one closed line.
    """
    step, right = _TURNS[heading], _TURNS[(heading + 1) % 4]
    ahead_right = part[_pixel(row, column, step, right)]
    ahead_left = part[_pixel(row, column, step, (-right[0], -right[1]))]
    if not ahead_right:
        return (heading + 1) % 4
    return (heading + 3) % 4 if ahead_left else heading


def _pixel(row: int, column: int, step: tuple[int, int], side: tuple[int, int]) -> tuple[int, int]:
    """The pixel at a corner, ahead and to the given side."""
    down, across = step[0] + side[0], step[1] + side[1]
    return (row if down > 0 else row - 1), (column if across > 0 else column - 1)
