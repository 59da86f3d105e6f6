"""One study, from its instances to its result: paired, loaded, analysed, encoded. Pure but for reading the files."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

from node.dicom.objects.source import presentable, read_source
from node.dicom.reading.pixels import load_pair
from node.domain.errors import Refused
from node.domain.findings import Analysis, Findings, Outcome
from node.domain.instance import Instance
from node.domain.pairing import Pairing, StackPair, find_pair
from node.domain.progress import Progress
from node.domain.reason import Reason
from node.domain.volume import EnergyPair
from node.service.journal.results import ResultObject
from node.service.processes import spare_thread
from node.service.study.encode import encode, encode_refusal
from node.service.study.parameters import Parameters

Analyse = Callable[[EnergyPair, Progress | None], Analysis]
Locate = Callable[[str], Path]


@dataclass(frozen=True, eq=False)
class StudyResult:
    """How a study ended. ``objects`` are its files; ``reasons`` says why it is partial or refused."""

    outcome: Outcome
    reasons: tuple[str, ...]
    findings: Findings
    objects: tuple[ResultObject, ...] = field(repr=False)
    pairing: Pairing = field(repr=False)


def process_study(
    instances: Iterable[Instance],
    locate: Locate,
    parameters: Parameters,
    progress: Progress | None = None,
    *,
    analyse: Analyse | None = None,
    say: Callable[[Reason], str] = str,
) -> StudyResult:
    """The result of one study; a refusal is a result too. ``locate`` gives the file of a SOP Instance UID.

    ``progress`` is told the name of each stage and its share from 0 to 1. ``analyse`` is that of
    ``analysis.pipeline`` unless the caller brings another, ``say`` words why there is no pair. Raises ValueError
    without instances; Transient and Defect pass through.
    """
    every = sorted({i.sop_instance_uid: i for i in instances}.values(), key=lambda i: i.sop_instance_uid)
    if not every:
        raise ValueError("A study needs at least one instance.")
    pairing = find_pair(every, allow_monoenergetic=parameters.allow_monoenergetic)
    if pairing.pair is None:
        return _refused(every, pairing, tuple(map(say, pairing.reasons)), locate, parameters)
    try:
        return _measured(pairing.pair, pairing, locate, parameters, progress, analyse or _pipeline(parameters))
    except Refused as refusal:
        return _refused(every, pairing, (str(refusal),), locate, parameters)


def _pipeline(parameters: Parameters) -> Analyse:
    """The analysis; imported late, because its kernels are compiled or loaded then."""
    from node.analysis.pipeline import analyse

    return partial(analyse, weights=parameters.score_weights)


def _measured(
    stacks: StackPair,
    pairing: Pairing,
    locate: Locate,
    parameters: Parameters,
    progress: Progress | None,
    analyse: Analyse,
) -> StudyResult:
    pair = load_pair(stacks, locate, progress)
    with spare_thread() as pool:  # a processor that the analysis does not always use hashes what it analyses
        read = pool.submit(read_source, stacks.low, stacks.high, pair, locate)
        analysis = analyse(pair, progress)
        source = read.result()
    if progress:
        progress("encode", 0.0)
    objects = encode(analysis, source, pair, parameters)
    if progress:
        progress("encode", 1.0)
    return StudyResult(analysis.findings.outcome, analysis.findings.reasons, analysis.findings, objects, pairing)


def _refused(
    instances: list[Instance], pairing: Pairing, reasons: tuple[str, ...], locate: Locate, parameters: Parameters
) -> StudyResult:
    findings = Findings(Outcome.REFUSED, reasons, ())
    pair = pairing.pair
    stacks = (pair.low, pair.high) if pair else ()
    head = _head(instances, locate) if parameters.refusal_notice else None
    objects = encode_refusal(findings, pair.instances if pair else instances, stacks, head, parameters)
    return StudyResult(Outcome.REFUSED, reasons, findings, objects, pairing)


def _head(instances: list[Instance], locate: Locate) -> Dataset:
    """The header that a notice copies from: the first CT instance, else the first."""
    first = next((i for i in instances if i.modality == "CT"), instances[0])
    return presentable(dcmread(locate(first.sop_instance_uid), stop_before_pixels=True))
