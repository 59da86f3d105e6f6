"""The last step of every object: what a library took from the clock or by chance is replaced, then written."""

from datetime import datetime
from io import BytesIO
from typing import Final

import highdicom
import pydicom
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.filewriter import correct_ambiguous_vr_element
from pydicom.uid import UID
from pydicom.valuerep import AMBIGUOUS_VR, DA, DT, TM, VR

from node import __version__
from node.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from node.dicom.objects.codes import PRIVATE_SCHEME
from node.dicom.objects.encoded import EncodedSequence

MANUFACTURER: Final = "The Calcinode developers"
PRODUCT: Final = "Calcinode"
WRITER: Final = f"highdicom {highdicom.__version__}, pydicom {pydicom.__version__}"
"""What decides the bytes besides the content; part of the entropy of the UIDs."""


def coding_schemes() -> list[CodingSchemeIdentificationItem]:
    """The declaration of our private codes (PS3.3 C.12.1.1.2)."""
    return [
        CodingSchemeIdentificationItem(
            PRIVATE_SCHEME, name="Calcinode private codes", version=__version__, responsible_organization=MANUFACTURER
        )
    ]


def sealed(dataset: Dataset, when: datetime, dimension_organization_uid: str | None = None) -> bytes:
    """The PS3.10 file of ``dataset`` with every date at ``when`` and no random UID: equal input, equal bytes.

    ``dimension_organization_uid`` replaces the one that highdicom draws at random for multi-frame objects.
    """
    for stem in ("InstanceCreation", "Content"):
        setattr(dataset, f"{stem}Date", DA(when.date()))
        setattr(dataset, f"{stem}Time", TM(when.time()))
    if "DateOfSecondaryCapture" in dataset:
        dataset.DateOfSecondaryCapture, dataset.TimeOfSecondaryCapture = DA(when.date()), TM(when.time())
    for item in dataset.get("ContributingEquipmentSequence", []):
        if "ContributionDateTime" in item and item.get("Manufacturer") == "Highdicom open-source contributors":
            item.ContributionDateTime = DT(when)
    if dimension_organization_uid is not None:
        for item in (*dataset.DimensionOrganizationSequence, *dataset.DimensionIndexSequence):
            item.DimensionOrganizationUID = dimension_organization_uid
    _ready(dataset)
    dataset.file_meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    dataset.file_meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    buffer = BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def _ready(dataset: Dataset) -> None:
    """Resolve what is ambiguous, once, and tell pydicom so: else it looks through every level again for each level."""
    for element in list(dataset.elements()):
        if isinstance(element, EncodedSequence):
            continue
        decoded = dataset[element.tag]
        if decoded.VR == VR.SQ:
            for item in decoded.value:
                _ready(item)
        elif decoded.VR in AMBIGUOUS_VR:
            correct_ambiguous_vr_element(decoded, dataset, True, [dataset])
    dataset.set_original_encoding(False, True, dataset._character_set)
