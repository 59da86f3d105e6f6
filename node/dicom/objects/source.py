"""The analysed images: what results copy from their headers, what they refer to, and by what they are known."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from pydicom import dcmread
from pydicom.charset import convert_encodings
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage
from pydicom.valuerep import DA, DT, TM

from node.dicom.reading.content import measured_inputs
from node.dicom.uids import digest
from node.domain.series import Slice, Stack
from node.domain.volume import EnergyPair
from node.domain.wording import plain

_LATIN_AND_KIN = (100, 101, 109, 110, 126, 127, 138, 144)
CHARACTER_SETS: Final = frozenset({"GB18030", "GBK"} | {f"ISO_IR {n}" for n in _LATIN_AND_KIN})
"""Character sets of one value without code extensions, which results take over from their source."""
UNICODE: Final = "ISO_IR 192"
COPIED: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)
"""Type 2 attributes of patient and study: a result has them, if need be empty (PS3.3 C.7.1.1, C.7.2.1)."""
PATIENT_GROUPS: Final = frozenset({0x0010, 0x0012, 0x0038})
"""Patient, clinical trial and visit."""
STUDY_KEYWORDS: Final = (
    "Accession",
    "Admitting",
    "Consulting",
    "ContributingEquipment",
    "IssuerOf",
    "NameOfPhysicians",
    "Physician",
    "ProcedureCode",
    "ReasonFor",
    "ReferencedPatient",
    "ReferencedStudy",
    "Referring",
    "Requesting",
    "SpecificCharacterSet",
    "Study",
)
"""How the keywords of the study modules begin that highdicom copies besides those groups."""


@dataclass(frozen=True, eq=False)
class Source:
    """Both energies, and the header (without pixels) that patient and study attributes are copied from.

    ``head`` is the header of the first low-energy slice. ``acquired`` is when the newest input was acquired: the
    content date and time of every result, never the clock; 1900-01-01 where no header holds a date. ``inputs``: SOP
    Instance UID and content digest of each instance, from which the UIDs of results are made.
    """

    low: Stack
    high: Stack
    head: Dataset = field(repr=False)
    acquired: datetime
    inputs: tuple[tuple[str, str], ...] = field(repr=False)


def read_source(low: Stack, high: Stack, pair: EnergyPair, locate: Callable[[str], Path]) -> Source:
    """Read what results copy, and hash what was measured, ``pair``; ``locate`` gives the file of a SOP Instance UID."""
    instances = {i.sop_instance_uid: i for stack in (low, high) for i in stack.instances}
    head = _header(locate(low.head.sop_instance_uid))
    when = {i.acquisition_datetime: uid for uid, i in instances.items()}  # the many slices have few times
    newest = max(_moment(text) or acquired(_header(locate(uid))) for text, uid in when.items())
    inputs = measured_inputs(low, pair.low) + measured_inputs(high, pair.high)
    return Source(low, high, presentable(head), newest, inputs)


def _header(path: Path) -> Dataset:
    return dcmread(path, stop_before_pixels=True)


def presentable(header: Dataset) -> Dataset:
    """The header with what results copy made valid: type 2 attributes there, sex, dates and charset in their syntax.

    Strings are decoded, so that a result may stand in another character set than its source.
    """
    charset = header.get("SpecificCharacterSet", None)
    header.decode()
    for keyword in COPIED:
        if keyword not in header or header[keyword].value is None:
            setattr(header, keyword, "")
    if header.PatientSex not in ("M", "F", "O"):
        header.PatientSex = ""
    for keyword, syntax in (("PatientBirthDate", DA), ("StudyDate", DA), ("StudyTime", TM)):
        try:
            syntax(str(getattr(header, keyword)))
        except ValueError:
            setattr(header, keyword, "")
    header.SpecificCharacterSet = str(charset) if str(charset) in CHARACTER_SETS else UNICODE
    return header


def writable(text: str, header: Dataset) -> str:
    """``text`` if the header's character set holds it, else in plain ASCII."""
    try:
        for encoding in convert_encodings(header.SpecificCharacterSet):
            text.encode(encoding)
    except UnicodeEncodeError:
        return plain(text)
    return text


def dash(header: Dataset) -> str:
    """An en dash where the character set holds one, else a hyphen."""
    return writable("–", header)


def demographics_digest(header: Dataset, when: datetime) -> bytes:
    """Digest (32 bytes) of all that results copy: corrected demographics give new objects under new UIDs."""
    told = (e for e in header if e.tag.group in PATIENT_GROUPS or e.keyword.startswith(STUDY_KEYWORDS))
    return digest([when.isoformat(), *(f"{e.tag} {e.value}" for e in told)])


def acquired(header: Dataset) -> datetime:
    """Acquisition date and time, else those of the content, the series or the study."""
    moment = _moment(str(header.get("AcquisitionDateTime", "") or ""))
    for stem in ("Acquisition", "Content", "Series", "Study"):
        if moment is None and header.get(f"{stem}Date", None):
            moment = _moment(f"{header.get(f'{stem}Date')}{header.get(f'{stem}Time', '') or ''}")
    return moment or datetime(1900, 1, 1)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = DT(text)
    except ValueError:
        return None
    return datetime.combine(moment.date(), moment.time())


def place_of(plane: Slice) -> tuple[str, str, int | None]:
    """SOP Class UID, SOP Instance UID and, in a multi-frame instance, the frame number of a slice."""
    instance = plane.instance
    number = plane.frame.number if len(instance.frames) > 1 or instance.sop_class_uid != CTImageStorage else None
    return instance.sop_class_uid, instance.sop_instance_uid, number
