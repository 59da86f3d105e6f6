"""The runs of a mask, stretches of its rows, and which of them hang together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from node.analysis.grid.spans import Spans
from node.kernels.runs import count_runs, find_ends, label_runs

Int32Array = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs in scan order. ``first`` int32 (z, y): number of each row's first one; ``ends`` int32 (runs, 2): first x and
    the one behind the last; ``number`` int32 (runs): component of each, 1 … ``count`` in the order of their first
    voxels."""

    first: Int32Array
    ends: Int32Array
    number: Int32Array
    count: int


def runs_of(mask: NDArray[np.bool_], spans: Spans, corners: bool = False) -> Runs:
    """Runs of a mask (z, y, x) inside spans; they hang together over faces, with ``corners`` over 26 neighbours."""
    in_row = np.empty(mask.shape[:2], np.int32)
    count_runs(mask, spans, in_row)
    behind = np.cumsum(in_row, dtype=np.int32).reshape(in_row.shape)
    first, runs = behind - in_row, int(behind[-1, -1])
    ends, number = np.empty((runs, 2), np.int32), np.empty(runs, np.int32)
    find_ends(mask, spans, first, ends)
    return Runs(first, ends, number, int(label_runs(corners, first, ends, number)))
