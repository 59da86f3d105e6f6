"""Writes a volume as one multi-frame object: Enhanced CT (PS3.3 A.38) or Legacy Converted Enhanced CT (A.70).

The attributes are those the IODs require; what a scanner knows of dose and geometry beyond that is left empty or
plausible.
"""

from pathlib import Path
from typing import Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage

from node.dicom.synthetic.ct_identity import StudyIdentity, common_attributes
from node.dicom.synthetic.ct_writer import SeriesStyle, encode_pixels, numbers_text, stored_values
from node.domain.volume import Volume

_REGION: Final = ("85562004", "SCT", "Hand")


def write_enhanced(
    volume: Volume, identity: StudyIdentity, style: SeriesStyle, folder: Path, *, legacy: bool = False
) -> Path:
    """Write the volume as one file into ``folder`` (made where missing): native pixels, one frame a slice.

    ``legacy`` makes it a Legacy Converted Enhanced CT. The transfer syntax must be a native one.
    """
    ds = _header(identity, style, legacy)
    _dimensions(ds, identity, style)
    ds.SharedFunctionalGroupsSequence = Sequence([_shared(volume, identity, style, legacy)])
    frames = [_per_frame(volume, k, identity, style, legacy) for k in range(volume.geometry.shape[0])]
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    stored = stored_values(volume, style)
    ds.NumberOfFrames, ds.Rows, ds.Columns = stored.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, style.bits_stored, style.bits_stored - 1
    ds.PixelRepresentation = int(style.signed)
    encode_pixels(ds, stored, style.transfer_syntax)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{'LCECT' if legacy else 'ECT'}{style.number:03d}.dcm"
    ds.save_as(path, enforce_file_format=True)
    return path


def _item(**attributes: object) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def _one(**attributes: object) -> Sequence:
    return Sequence([_item(**attributes)])


def _code(value: str, scheme: str, meaning: str) -> Sequence:
    return _one(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _moment(identity: StudyIdentity) -> str:
    return f"{identity.study_date}{identity.study_time}"


def _header(identity: StudyIdentity, style: SeriesStyle, legacy: bool) -> Dataset:
    ds = common_attributes(identity)
    role = f"{style.role} {'legacy' if legacy else 'enhanced'}"
    ds.SOPClassUID = LegacyConvertedEnhancedCTImageStorage if legacy else EnhancedCTImageStorage
    ds.SOPInstanceUID, ds.SeriesInstanceUID = identity.uid("instance", role), identity.uid("series", role)
    ds.SeriesNumber, ds.SeriesDescription, ds.InstanceNumber = style.number, style.description, 1
    ds.SeriesDate = ds.ContentDate = identity.study_date
    ds.SeriesTime = ds.ContentTime = identity.study_time
    ds.AcquisitionDateTime, ds.AcquisitionNumber = _moment(identity), 2
    ds.ImageType = [*style.image_type[:2], "VOLUME", "NONE"]
    ds.PatientPosition = identity.patient_position
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = identity.frame_of_reference_uid, ""
    ds.PixelPresentation, ds.VolumetricProperties, ds.VolumeBasedCalculationTechnique = "MONOCHROME", "VOLUME", "NONE"
    ds.ContentQualification, ds.BurnedInAnnotation, ds.LossyImageCompression = "RESEARCH", "NO", "00"
    ds.RecognizableVisualFeatures, ds.PresentationLUTShape = "NO", "IDENTITY"
    ds.AcquisitionContextSequence = Sequence()
    if not legacy:
        ds.MultienergyCTAcquisition, ds.AcquisitionDuration = "NO", 5.0
        del ds.Laterality  # told by the frames instead
    return ds


def _dimensions(ds: Dataset, identity: StudyIdentity, style: SeriesStyle) -> None:
    """Multi-frame Dimension module (PS3.3 C.7.6.17): frames are ordered by their place in the stack."""
    uid = identity.uid("dimension", style.role)
    ds.DimensionOrganizationSequence = _one(DimensionOrganizationUID=uid)
    pointers = ((0x00209056, 0x00209111), (0x00209057, 0x00209111))
    ds.DimensionIndexSequence = Sequence(
        [_item(DimensionOrganizationUID=uid, DimensionIndexPointer=p, FunctionalGroupPointer=g) for p, g in pointers]
    )


def _shared(volume: Volume, identity: StudyIdentity, style: SeriesStyle, legacy: bool) -> Dataset:
    affine = volume.geometry.affine
    _, row_mm, column_mm = volume.geometry.spacing_mm
    shared = Dataset()
    shared.PixelMeasuresSequence = _one(
        PixelSpacing=numbers_text(np.array([row_mm, column_mm])), SliceThickness=f"{style.slice_thickness_mm:g}"
    )
    orientation = numbers_text(np.concatenate([affine[:3, 0] / column_mm, affine[:3, 1] / row_mm]))
    shared.PlaneOrientationSequence = _one(ImageOrientationPatient=orientation)
    shared.PixelValueTransformationSequence = _one(
        RescaleIntercept=str(style.intercept), RescaleSlope=f"{style.slope:g}", RescaleType="HU"
    )
    shared.FrameVOILUTSequence = _one(WindowCenter="300", WindowWidth="1500")
    if legacy:
        shared.UnassignedSharedConvertedAttributesSequence = _one(
            KVP=f"{style.tube.kvp or 120:g}", FilterType="SN" if style.tube.has_tin else "0"
        )
        return shared
    shared.FrameAnatomySequence = _one(FrameLaterality="U", AnatomicRegionSequence=_code(*_REGION))
    shared.CTImageFrameTypeSequence = _frame_type(style)
    shared.IrradiationEventIdentificationSequence = _one(IrradiationEventUID=identity.uid("event", style.role))
    _tube_groups(shared, style)
    _reconstruction_groups(shared, style, volume)
    return shared


def _frame_type(style: SeriesStyle) -> Sequence:
    return _one(
        FrameType=[*style.image_type[:2], "VOLUME", "NONE"],
        PixelPresentation="MONOCHROME",
        VolumetricProperties="VOLUME",
        VolumeBasedCalculationTechnique="NONE",
    )


def _tube_groups(shared: Dataset, style: SeriesStyle) -> None:
    tube = style.tube
    details = _item(KVP=f"{tube.kvp or 120:g}", FocalSpots=[0.9], FilterType="FLAT" if tube.has_tin else "NONE")
    details.CalciumScoringMassFactorDevice = [1.0, 1.0, 1.0]
    if tube.has_tin:
        details.FilterMaterial = "TIN"
        details.FilterThicknessMinimum = details.FilterThicknessMaximum = float(tube.tin_mm or 0.6)
    shared.CTXRayDetailsSequence = Sequence([details])
    shared.CTAcquisitionTypeSequence = _one(AcquisitionType="SPIRAL", ConstantVolumeFlag="NO", FluoroscopyFlag="NO")
    shared.CTAcquisitionDetailsSequence = _one(
        RotationDirection="CW",
        RevolutionTime=0.5,
        SingleCollimationWidth=0.6,
        TotalCollimationWidth=38.4,
        TableHeight=160.0,
        GantryDetectorTilt=0.0,
        DataCollectionDiameter=330.0,
    )
    shared.CTTableDynamicsSequence = _one(TableSpeed=10.0, TableFeedPerRotation=5.0, SpiralPitchFactor=0.8)
    shared.CTExposureSequence = _one(
        ExposureTimeInms=500.0,
        XRayTubeCurrentInmA=120.0,
        ExposureInmAs=60.0,
        ExposureModulationType="NONE",
        CTDIvol=4.2,
        CTDIPhantomTypeCodeSequence=_code("113691", "DCM", "IEC Body Dosimetry Phantom"),
    )


def _reconstruction_groups(shared: Dataset, style: SeriesStyle, volume: Volume) -> None:
    geometry = volume.geometry
    _, row_mm, column_mm = geometry.spacing_mm
    shared.CTReconstructionSequence = _one(
        ReconstructionAlgorithm="FILTER_BACK_PROJ",
        ConvolutionKernel=style.kernel[0],
        ConvolutionKernelGroup="SOFT_TISSUE",
        ReconstructionFieldOfView=[geometry.shape[1] * row_mm, geometry.shape[2] * column_mm],
        ReconstructionPixelSpacing=[row_mm, column_mm],
        ReconstructionAngle=360.0,
        ImageFilter="NONE",
    )
    shared.CTGeometrySequence = _one(
        DistanceSourceToDetector=1085.0,
        DistanceSourceToDataCollectionCenter=595.0,
    )


def _per_frame(volume: Volume, k: int, identity: StudyIdentity, style: SeriesStyle, legacy: bool) -> Dataset:
    affine = volume.geometry.affine
    position = affine[:3, :3] @ np.array([0.0, 0.0, float(k)]) + affine[:3, 3]
    frame = Dataset()
    content = _item(StackID="1", InStackPositionNumber=k + 1, DimensionIndexValues=[1, k + 1])
    if not legacy:
        content.FrameAcquisitionNumber, content.FrameAcquisitionDuration = 2, 500.0
        content.FrameReferenceDateTime = content.FrameAcquisitionDateTime = _moment(identity)
    frame.FrameContentSequence = Sequence([content])
    frame.PlanePositionSequence = _one(ImagePositionPatient=numbers_text(position))
    if legacy:
        frame.UnassignedPerFrameConvertedAttributesSequence = _one(InstanceNumber=k + 1)
        frame.ConversionSourceAttributesSequence = _one(
            ReferencedSOPClassUID=CTImageStorage,
            ReferencedSOPInstanceUID=identity.uid("instance", style.role, k),
        )
        frame.CTImageFrameTypeSequence = _frame_type(style)
    else:
        centre = volume.geometry.to_lps_mm(np.array([[k, *((np.array(volume.geometry.shape[1:]) - 1) / 2)]]))[0]
        frame.CTPositionSequence = _one(
            TablePosition=float(k) * volume.geometry.spacing_mm[0],
            DataCollectionCenterPatient=[float(c) for c in centre],
            ReconstructionTargetCenterPatient=[float(c) for c in centre],
        )
    return frame
