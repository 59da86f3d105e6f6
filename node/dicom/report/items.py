"""Pieces that the measurement groups of the Structured Report share."""

from collections.abc import Iterable
from typing import TypeVar

from highdicom.sr import (
    AlgorithmIdentification,
    MeasurementsAndQualitativeEvaluations,
    PlanarROIMeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForRegion,
    TextContentItem,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from highdicom.sr.templates import Template

from node import __version__
from node.dicom.objects.codes import Concept
from node.dicom.objects.seal import MANUFACTURER, PRODUCT
from node.dicom.objects.source import Source, place_of, writable
from node.dicom.uids import Origin

Group = (
    VolumetricROIMeasurementsAndQualitativeEvaluations
    | PlanarROIMeasurementsAndQualitativeEvaluations
    | MeasurementsAndQualitativeEvaluations
)
"""A measurement group of any template."""
GroupT = TypeVar("GroupT", bound=Template)


def algorithm(origin: Origin) -> AlgorithmIdentification:
    """Name, version, maker, family and configuration of what measured (TID 4019)."""
    return AlgorithmIdentification(
        name=PRODUCT,
        version=__version__,
        parameters=[f"configuration={origin.configuration_digest}"],
        family=Concept.MORPHOLOGICAL_OPERATIONS.code,
        manufacturer=MANUFACTURER,
    )


def answer(question: Concept, answer: Concept) -> QualitativeEvaluation:
    return QualitativeEvaluation(question.code, answer.code)


def image_of(source: Source, z: int) -> SourceImageForRegion:
    """The low-energy image of a slice."""
    class_uid, instance_uid, frame = place_of(source.low.slices[z])
    return SourceImageForRegion(class_uid, instance_uid, None if frame is None else [frame])


def with_texts(group: GroupT, source: Source, texts: Iterable[tuple[Concept, str]]) -> GroupT:
    """Add sentences to the group's container."""
    for name, text in texts:
        group[0].ContentSequence.append(
            TextContentItem(name.code, writable(text, source.head), RelationshipTypeValues.CONTAINS)
        )
    return group
