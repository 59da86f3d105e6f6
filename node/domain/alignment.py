"""Do two stacks show the same planes at two energies? Every difference is a reason."""

import re
from dataclasses import replace

import numpy as np

from node.domain.counting import counted
from node.domain.grids import why_not_registrable
from node.domain.reason import Reason, ReasonCode
from node.domain.series import POSITION_TOLERANCE_MM, Stack, plane_normal, same_directions
from node.domain.volume import Tube

MINIMUM_KV_APART = 30.0
"""80/120 and closer than 30 kV is no dual-energy pair that any scanner makes (docs/dicom.md section 1)."""
MINIMUM_KEV_APART = 20.0
LARGEST_TILT_DEGREES = 1.0
"""At one degree a length is wrong by at most 2 %, an angle by one degree; volumes are right at any tilt."""
_KERNEL = re.compile(r"([A-Za-z]+)\s*[-_]?(\d+)")
_HU = frozenset({"", "HU", "HU_MOD"})
_MONOCHROME = frozenset({"", "MONOCHROME2"})


def differences(low: Stack, high: Stack) -> tuple[Reason, ...]:
    """Why ``low`` and ``high`` cannot be measured as one pair; empty where they can."""
    found = [*_each(low), *_each(high), *energy_order(low.tube, high.tube), *_reference(low, high)]
    found += [*_kernels(low, high), *_grids(low, high)]
    return tuple(dict.fromkeys(found))


def energy_order(low: Tube, high: Tube) -> list[Reason]:
    """Nothing where ``low`` is surely the lower energy, and far enough from ``high``."""
    if low.kev is not None and high.kev is not None:
        return [] if high.kev - low.kev >= MINIMUM_KEV_APART else [_too_close(low, high)]
    if low.kvp is None or high.kvp is None:
        return [
            Reason(ReasonCode.ENERGY_UNKNOWN, "The tube voltage of a series is not told by its header (KVP empty).")
        ]
    if low.has_tin and not high.has_tin:
        return [
            Reason(
                ReasonCode.ENERGIES_NOT_ORDERED,
                f"{low} and {high}: the tin filter is in the lower voltage's beam, so their order is not sure.",
                "Check Filter Type (0018,1160) of both series.",
            )
        ]
    return [] if high.kvp - low.kvp >= MINIMUM_KV_APART else [_too_close(low, high)]


def kernel_family(kernel: str) -> str:
    """Kernel without its variant and strength: Qr40d\\3 and Qr40f are both qr40; empty where not told."""
    first = kernel.split("\\")[0].strip()
    match = _KERNEL.match(first)
    return (match[1] + match[2] if match else first).lower()


def _too_close(low: Tube, high: Tube) -> Reason:
    return Reason(
        ReasonCode.ENERGIES_TOO_CLOSE,
        f"The energies {low} and {high} are too close to tell materials apart.",
        "Two distinct energies are needed, for example 80 kV and Sn140 kV.",
    )


def _each(stack: Stack) -> list[Reason]:
    """What forbids measuring one stack by itself."""
    head, found = stack.head, [replace(f, sentence=f"{stack.name}: {f.sentence}") for f in stack.faults]
    if any(i.lossy for i in stack.instances):
        found.append(_lossy(stack))
    if stack.tilt_degrees > LARGEST_TILT_DEGREES:
        found.append(_tilted(stack))
    agent = next((i.contrast_agent for i in stack.instances if i.contrast_agent), "")
    if agent:
        found.append(_contrast(stack, agent))
    if head.rescale_type.upper() not in _HU:
        found.append(Reason(ReasonCode.NOT_HU, f"{stack.name} is in {head.rescale_type}; HU is expected."))
    if head.photometric_interpretation not in _MONOCHROME:
        sentence = f"{stack.name} is {head.photometric_interpretation}; MONOCHROME2 is expected."
        found.append(Reason(ReasonCode.PHOTOMETRIC, sentence))
    return found


def _lossy(stack: Stack) -> Reason:
    return Reason(
        ReasonCode.LOSSY,
        f"{stack.name} was compressed with loss, which changes CT numbers; it is kept but not measured.",
        "Send the images uncompressed or compressed without loss.",
    )


def _tilted(stack: Stack) -> Reason:
    return Reason(
        ReasonCode.GANTRY_TILT,
        f"{stack.name} was made with the gantry tilted: its slices are stacked at {stack.tilt_degrees:.1f}° to their "
        "normal, and lengths in it are not what the measures take them for.",
        "Reconstruct both energies without tilt, or on straight planes.",
    )


def _contrast(stack: Stack, agent: str) -> Reason:
    return Reason(
        ReasonCode.CONTRAST_AGENT,
        f"{stack.name} was made with a contrast agent ({agent}); iodine cannot be told from calcium.",
        "Use the scan without contrast agent.",
    )


def _reference(low: Stack, high: Stack) -> list[Reason]:
    ours, theirs = low.head.frame_of_reference_uid, high.head.frame_of_reference_uid
    if ours and ours == theirs:
        return []
    sentence = "The two energies have different frames of reference: their positions cannot be compared."
    if not ours or not theirs:
        sentence = "A series has no Frame of Reference UID: its positions cannot be compared."
    return [Reason(ReasonCode.FRAME_OF_REFERENCE, sentence, "Send both series of one acquisition.")]


def _kernels(low: Stack, high: Stack) -> list[Reason]:
    ours, theirs = kernel_family(low.head.convolution_kernel), kernel_family(high.head.convolution_kernel)
    if not ours or not theirs or ours == theirs:
        return []
    sentence = f"The kernels differ: {low.head.convolution_kernel} and {high.head.convolution_kernel}."
    return [Reason(ReasonCode.KERNEL, sentence, "Reconstruct both energies with the same kernel.")]


def _grids(low: Stack, high: Stack) -> list[Reason]:
    """Nothing where both lie on one grid, or near enough for the high energy to be put onto the grid of the low."""
    same_matrix = low.geometry.shape[1:] == high.geometry.shape[1:]
    if not same_matrix or not same_directions(low.frames[0], high.frames[0]):
        return _registrable(low, high)
    if _in_plane_shift_mm(low, high) > POSITION_TOLERANCE_MM:
        return _registrable(low, high)
    return _positions(low, high)


def _registrable(low: Stack, high: Stack) -> list[Reason]:
    why = why_not_registrable(low.geometry, high.geometry)
    return [_misaligned(why)] if why else []


def _in_plane_shift_mm(low: Stack, high: Stack) -> float:
    """Sideways distance (mm) of the first plane of ``low`` from the line through the planes of ``high``."""
    normal = plane_normal(low.frames[0])
    step = high.geometry.affine[:3, 2]
    offset = low.geometry.affine[:3, 3] - high.geometry.affine[:3, 3]
    along = float(offset @ normal) / float(step @ normal)
    return float(np.linalg.norm(offset - along * step))


def _positions(low: Stack, high: Stack) -> list[Reason]:
    """Same slice positions? Those of one energy alone are missing from the other."""
    normal = plane_normal(low.frames[0])
    ours = np.array([s.position_mm @ normal for s in low.slices])
    theirs = np.array([s.position_mm @ normal for s in high.slices])
    if len(ours) == len(theirs) and np.abs(ours - theirs).max() <= POSITION_TOLERANCE_MM:
        return []
    apart = np.abs(ours[:, None] - theirs[None, :])
    missing_high = int((apart.min(axis=1) > POSITION_TOLERANCE_MM).sum())
    missing_low = int((apart.min(axis=0) > POSITION_TOLERANCE_MM).sum())
    if missing_high == len(ours):
        return _registrable(low, high)
    if missing_high + missing_low > min(len(ours), len(theirs)) and missing_high and missing_low:
        return _registrable(low, high)
    return [_missing(s, n) for s, n in ((low, missing_low), (high, missing_high)) if n and not _has_gap(s)]


def _has_gap(stack: Stack) -> bool:
    return any(f.code is ReasonCode.MISSING_SLICES for f in stack.faults)


def _missing(stack: Stack, count: int) -> Reason:
    return Reason(
        ReasonCode.MISSING_SLICES,
        f"{stack.name} lacks {counted(count, 'slice')} that the other energy has.",
        "Send the series again; the late slices are taken up.",
    )


def _misaligned(how: str) -> Reason:
    return Reason(
        ReasonCode.MISALIGNED,
        f"The two energies do not lie on one grid: {how}.",
        "Reconstruct both energies with the same field of view, increment and range.",
    )
