"""What an image was made with: tube voltage and tin filter, or the energy of a monoenergetic image.

Sources, in this order: KVP, CT X-Ray Details Sequence (0018,9325) where KVP is empty (Supplement 188), Monoenergetic
Energy Equivalent (0018,937C), Filter Type / Filter Material, and last the marks in the series description.
"""

import re

from pydicom.dataset import Dataset

from node.dicom.reading.attributes import Lookup, items, lookup_of, number, text, texts
from node.domain.volume import Tube

_KEV_IN_TEXT = re.compile(r"(\d{2,3}(?:[.,]\d+)?)\s*keV\b", re.IGNORECASE)
_KVP_IN_TEXT = re.compile(r"(?<![\d.])(?:Sn)?(70|80|90|1[0-5]0|135)\s*kV", re.IGNORECASE)
_TIN_IN_TEXT = re.compile(r"(?<![A-Za-z])Sn[\s_-]?(?:1[0-5]0|135)(?!\d)")
_TIN_MATERIALS = frozenset({"TIN", "SN"})
KEV_RANGE = (30.0, 200.0)


def tube_of(lookup: Lookup) -> Tube:
    """Tube of one image or frame. ``kvp`` and ``kev`` are None where the header does not tell or tells several."""
    description = text(lookup("SeriesDescription"))
    kev = _kev(lookup, description)
    if kev is not None:
        return Tube(kvp=None, kev=kev)
    kvp = _kvp(lookup, description)
    tin_mm = _tin_mm(lookup, description)
    return Tube(kvp=kvp, tin_mm=tin_mm)


def _kvp(lookup: Lookup, description: str) -> float | None:
    direct = number(lookup("KVP"))
    if direct:
        return direct
    stated = {v for v in (number(d.get("KVP")) for d in _x_ray_details(lookup)) if v}
    if stated:
        return stated.pop() if len(stated) == 1 else None
    marked = {float(v) for v in _KVP_IN_TEXT.findall(description)}
    return marked.pop() if len(marked) == 1 else None


def _x_ray_details(lookup: Lookup) -> list[Dataset]:
    """Items of (0018,9325), at the top and inside the Multi-energy CT Acquisition Sequence (0018,9362)."""
    details = list(items(lookup("CTXRayDetailsSequence")))
    for acquisition in items(lookup("MultienergyCTAcquisitionSequence")):
        details += items(lookup_of(acquisition)("CTXRayDetailsSequence"))
    return details


def _kev(lookup: Lookup, description: str) -> float | None:
    direct = number(lookup("MonoenergeticEnergyEquivalent"))
    if direct is None:
        sequences = ("MultienergyCTProcessingSequence", "MultienergyCTCharacteristicsSequence")
        found = [number(i.get("MonoenergeticEnergyEquivalent")) for s in sequences for i in items(lookup(s))]
        direct = next((f for f in found if f is not None), None)
    if direct is None:
        match = _KEV_IN_TEXT.search(description)
        direct = float(match[1].replace(",", ".")) if match else None
    return direct if direct is not None and KEV_RANGE[0] <= direct <= KEV_RANGE[1] else None


def _tin_mm(lookup: Lookup, description: str) -> float | None:
    """Thickness of tin: 0 without, None where its thickness is not told."""
    sources = [lookup, *(lookup_of(d) for d in _x_ray_details(lookup))]
    for source in sources:
        materials = {m.upper() for m in texts(source("FilterMaterial"))}
        marked = bool(_TIN_MATERIALS & materials) or "SN" in {t.upper() for t in texts(source("FilterType"))}
        if marked:
            return _thickness_mm(source)
    return None if _TIN_IN_TEXT.search(description) else 0.0


def _thickness_mm(source: Lookup) -> float | None:
    """Mean of Filter Thickness Minimum and Maximum (0018,7052/7054, in mm) of a single material."""
    if len(texts(source("FilterMaterial"))) > 1:
        return None
    known = [v for v in map(number, (source("FilterThicknessMinimum"), source("FilterThicknessMaximum"))) if v]
    return sum(known) / len(known) if known else None
