"""Use case: write a phantom study to a folder, as a scanner would send it, with its truth beside it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from node.dicom.synthetic.ct_enhanced import write_enhanced
from node.dicom.synthetic.ct_extras import dose_page, topogram, write_object
from node.dicom.synthetic.ct_identity import StudyIdentity
from node.dicom.synthetic.ct_writer import SeriesStyle, syntax, write_series
from node.domain.errors import Refused
from node.domain.progress import Progress
from node.domain.volume import EnergyPair, Tube, Volume
from node.phantom import Phantom, PhantomSpec, make
from node.phantom.attenuation import attenuation


@dataclass(frozen=True)
class StudyOptions:
    """How the scanner writes the study (``SeriesStyle`` says what each means); what stands beside the energies.

    ``transfer_syntax`` and ``order`` are names in ``ct_writer.SYNTAXES`` and ``ct_writer.ORDERS``.
    ``padding`` marks the corners outside the reconstruction circle with the lowest stored value. ``multi_frame`` is
    ``enhanced`` or ``legacy`` for one Enhanced or Legacy Converted Enhanced CT an energy, else one file a slice.
    """

    transfer_syntax: str = "explicit"
    order: str = "ascending"
    intercept: int = -1024
    slope: float = 1.0
    signed: bool = False
    bits_stored: int = 12
    padding: bool = False
    filter_material: bool = True
    kernel: tuple[str, ...] = ("Qr40d", "3")
    mixed: bool = False
    topogram: bool = False
    dose: bool = False
    multi_frame: str = ""
    identity: StudyIdentity | None = None


@dataclass(frozen=True)
class StudySummary:
    """What was written: the folders of both energies, all files, and the truth's table of deposits."""

    folder: Path
    low_folder: Path
    high_folder: Path
    files: tuple[Path, ...]
    study_instance_uid: str
    deposits: tuple[dict[str, Any], ...]
    truth: Path


def write_study(
    spec: PhantomSpec, folder: Path, options: StudyOptions | None = None, progress: Progress | None = None
) -> StudySummary:
    """Make the phantom and write ``folder/dicom/s00…`` and ``folder/truth``.

    ``s00`` is the low, ``s01`` the high energy; a mixed series, topogram and dose page follow on demand. The same
    spec and options write the same bytes. Raises Refused for a spec or an option that cannot be met, or where
    ``folder`` holds a study already.
    """
    chosen = options or StudyOptions()
    if (folder / "dicom").exists() or (folder / "truth").exists():
        raise Refused(f"{folder} holds a study already.", hint="Name another folder, or delete that one.")
    styles = {role: _style(role, tube, chosen, spec) for role, tube in _tubes(spec).items()}
    phantom = make(spec, progress)
    identity = chosen.identity or identity_of(spec)
    files: list[Path] = []
    for number, (role, volume) in enumerate(_volumes(phantom.pair, chosen).items()):
        target = folder / "dicom" / f"s{number:02d}"
        if chosen.multi_frame:
            files.append(_multi_frame(volume, identity, styles[role], target, chosen.multi_frame))
        else:
            files += write_series(volume, identity, styles[role], target, progress)
    files += _extras(phantom, identity, chosen, folder)
    truth = write_truth(phantom, folder)
    return StudySummary(
        folder=folder,
        low_folder=folder / "dicom" / "s00",
        high_folder=folder / "dicom" / "s01",
        files=tuple(files),
        study_instance_uid=identity.uid("study"),
        deposits=tuple(phantom.truth.deposits),
        truth=truth,
    )


def _multi_frame(volume: Volume, identity: StudyIdentity, style: SeriesStyle, folder: Path, kind: str) -> Path:
    if kind not in ("enhanced", "legacy"):
        raise Refused(f"'{kind}' is not a kind of multi-frame CT.", hint="Known: enhanced, legacy.")
    return write_enhanced(volume, identity, style, folder, legacy=kind == "legacy")


def identity_of(spec: PhantomSpec) -> StudyIdentity:
    """An invented patient of the spec's own: the same spec is the same patient and study."""
    number = f"{spec.name}-{spec.seed}".upper()
    return StudyIdentity(seed=repr(spec), patient_id=f"PHANTOM-{number}"[:64], accession_number=number[:16])


def _tubes(spec: PhantomSpec) -> dict[str, Tube]:
    figures = attenuation(spec.imaging.pair, spec.imaging.water_path_cm)
    mixed = replace(figures.low_tube, kvp=120.0, kev=None)
    return {"low": figures.low_tube, "high": figures.high_tube, "mixed": mixed}


def _volumes(pair: EnergyPair, options: StudyOptions) -> dict[str, Volume]:
    volumes = {"low": pair.low, "high": pair.high}
    if options.mixed:
        half = (pair.low.hu.astype(np.int32) + pair.high.hu) // 2
        volumes["mixed"] = Volume(half.astype(np.int16), pair.geometry)
    return volumes


def _style(role: str, tube: Tube, options: StudyOptions, spec: PhantomSpec) -> SeriesStyle:
    number = {"low": 3, "high": 4, "mixed": 5}[role]
    mark = {"low": f"A_{tube}", "high": f"B_{tube}", "mixed": "F_0.5"}[role].replace(" ", "")
    kind = ("DERIVED", "SECONDARY", "AXIAL", "CT_SOM7 SPI DUAL") if role == "mixed" else _image_type(tube)
    lowest = -(1 << (options.bits_stored - 1)) if options.signed else 0
    return SeriesStyle(
        role=role,
        number=number,
        description=f"Hand DE {spec.grid.slice_thickness_mm:.2f} {options.kernel[0]} {mark}",
        tube=tube,
        image_type=kind,
        kernel=options.kernel,
        slice_thickness_mm=spec.grid.slice_thickness_mm,
        intercept=options.intercept,
        slope=options.slope,
        signed=options.signed,
        bits_stored=options.bits_stored,
        padding=lowest if options.padding else None,
        transfer_syntax=syntax(options.transfer_syntax),
        order=options.order,
        filter_material=options.filter_material,
    )


def _image_type(tube: Tube) -> tuple[str, ...]:
    if tube.kev is not None:
        return ("DERIVED", "SECONDARY", "AXIAL", "VMI")
    return ("ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM7 SPI DUAL")


def _extras(phantom: Phantom, identity: StudyIdentity, options: StudyOptions, folder: Path) -> list[Path]:
    found = []
    if options.topogram:
        found.append(write_object(topogram(phantom.pair.low, identity), folder / "dicom" / "loc", "TOPO.dcm"))
    if options.dose:
        lines = ("Patient Protocol", str(phantom.spec.imaging.pair), "Hand DE  CTDIvol 4.20 mGy  DLP 98.0 mGy*cm")
        found.append(write_object(dose_page(identity, lines), folder / "dicom" / "sc", "DOSE.dcm"))
    return found


def write_truth(phantom: Phantom, folder: Path) -> Path:
    """Write ``truth/labels.npz`` and ``truth/truth.json`` (node.phantom.truth); returns the folder."""
    out = folder / "truth"
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / "labels.npz", labels=phantom.truth.labels, affine_lps=phantom.truth.affine)
    (out / "truth.json").write_text(json.dumps(phantom.truth.table, indent=1), encoding="utf-8")
    return out
