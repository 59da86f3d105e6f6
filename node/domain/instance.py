"""Facts of one SOP instance, read once from its header. Everything later is decided from these."""

from dataclasses import dataclass, field

from node.domain.volume import Tube

Vector3 = tuple[float, float, float]


@dataclass(frozen=True)
class Frame:
    """One plane of pixels: a single-frame instance has one, an Enhanced CT has many.

    ``position_mm`` is ImagePositionPatient, ``orientation`` the six ImageOrientationPatient values (row direction,
    then column direction), ``pixel_spacing_mm`` (between rows, between columns).
    """

    number: int
    position_mm: Vector3
    orientation: tuple[float, float, float, float, float, float]
    pixel_spacing_mm: tuple[float, float]
    tube: Tube
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    acquisition_number: int | None = None


@dataclass(frozen=True)
class StoredPixels:
    """Where the frames of an uncompressed image lie in its own file, one after another, as 16-bit little-endian words.

    ``offset`` is that of the first word in bytes, ``bits_stored`` of each word's 16 count, ``padding`` are the smallest
    and largest stored value that mean “no pixel here” (PS3.3 C.7.5.1.1.2).
    """

    offset: int
    bits_stored: int
    signed: bool
    padding: tuple[int, int] | None = None


@dataclass(frozen=True)
class Instance:
    """One SOP instance without its pixels. Strings are empty and numbers None where the header is silent.

    ``stored_pixels`` is None where reading the pixels takes a decoder. ``demographics_digest`` is over what a PACS may
    correct of patient and study without touching the image; results copy it.
    """

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    study_instance_uid: str
    series_instance_uid: str
    content_digest: str
    frame_of_reference_uid: str = ""
    patient_id: str = ""
    modality: str = ""
    image_type: tuple[str, ...] = ()
    series_number: int | None = None
    instance_number: int | None = None
    series_description: str = ""
    study_description: str = ""
    station_name: str = ""
    manufacturer: str = ""
    patient_position: str = ""
    acquisition_datetime: str = ""
    convolution_kernel: str = ""
    rescale_type: str = ""
    photometric_interpretation: str = ""
    rows: int = 0
    columns: int = 0
    slice_thickness_mm: float | None = None
    contrast_agent: str = ""
    lossy: bool = False
    multi_energy: bool = False
    algorithm_name: str = ""
    frames: tuple[Frame, ...] = field(default=(), repr=False)
    stored_pixels: StoredPixels | None = None
    demographics_digest: str = ""
