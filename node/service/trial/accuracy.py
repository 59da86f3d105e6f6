"""Use case: score the analysis against truth, on studies in folders and on random phantoms.

Phantoms go from their spec to voxels to findings to score without DICOM; their voxels are kept in a cache
(``phantom_cache``), so that the next run only analyses.
"""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from node.accuracy.changed import Change, changed
from node.accuracy.mixture import Mixture, mixed
from node.accuracy.pose import Pose, posed
from node.accuracy.regrid import Case
from node.accuracy.score import CaseScore, score
from node.accuracy.table import Row, table
from node.accuracy.truth import CaseTruth, read_truth
from node.dicom.reading.pixels import load_pair
from node.domain.errors import Refused
from node.domain.findings import Analysis, Findings, Outcome
from node.domain.pairing import find_pair
from node.domain.progress import Progress
from node.domain.volume import EnergyPair
from node.kernels.memory import give_memory_back
from node.phantom import PhantomSpec
from node.phantom.suites import CONTROLS, HARD, PLAIN, REPEATS, of_seed, suite
from node.service.study.folder import read_folder
from node.service.trial.phantom_cache import kept_phantom

CASES = "cases"
"""The set of the studies that lie in folders."""
CHANGED = "changed cases"
"""The set of the same studies after each change that their truth can follow."""
MIXED = "mixed cases"
"""The set of the same studies after random combinations of such changes."""
POSED = "posed cases"
"""The set of the same studies in random other poses."""
SUITE = "suite"
SUITE_OF = (PLAIN, HARD, CONTROLS)
"""All random phantoms but the repeat scans, as one more set: what the targets are meant for."""


@dataclass(frozen=True)
class Study:
    """One study to score: a case's folder (``dicom/`` and ``truth/``) or a phantom's spec, and the set it belongs to.

    Studies of one ``hand`` are repeat scans of it. With ``change`` it is scored after that change.
    """

    group: str
    source: Path | PhantomSpec
    hand: str = ""
    change: Change | Mixture | Pose | None = None

    @property
    def name(self) -> str:
        """What the study is called."""
        return f"{self.source.name}, {self.change}" if self.change else self.source.name


@dataclass(frozen=True)
class StudyScore:
    """A study's score; ``seconds`` is the time of the analysis alone."""

    study: Study
    score: CaseScore
    seconds: float


def case_studies(folder: Path) -> list[Study]:
    """The cases under ``folder``: itself, or those in its sub-folders. Raises Refused where there is none."""
    holds = [folder] if (folder / "truth" / "truth.json").exists() else sorted(folder.glob("*"))
    found = [Study(CASES, path) for path in holds if (path / "truth" / "truth.json").exists()]
    if not found:
        raise Refused(
            f"{folder} holds no case.", hint="A case has truth/truth.json and truth/labels.npz beside its dicom/."
        )
    return found


def changed_studies(studies: Sequence[Study]) -> list[Study]:
    """Each of ``studies`` after every change: another noise, kernel and grid, another size and build of hand."""
    return [replace(study, group=CHANGED, change=change) for study in studies for change in Change]


def mixed_studies(studies: Sequence[Study], count: int) -> list[Study]:
    """Each of ``studies`` after ``count`` random combinations of changes."""
    mixtures = [Mixture(number) for number in range(1, count + 1)]
    return [replace(study, group=MIXED, change=mixture) for study in studies for mixture in mixtures]


def posed_studies(studies: Sequence[Study], count: int) -> list[Study]:
    """Each of ``studies`` in ``count`` random other poses."""
    poses = [Pose(number) for number in range(1, count + 1)]
    return [replace(study, group=POSED, change=pose) for study in studies for pose in poses]


def suite_studies(count: int, seeds: Sequence[int] = ()) -> list[Study]:
    """The random phantoms: ``count`` of them with controls and repeat scans, or those of ``seeds`` alone."""
    members = [of_seed(seed) for seed in seeds] or suite(count)
    return [Study(member.group, member.spec, member.hand) for member in members]


def table_of(scores: Sequence[StudyScore]) -> list[Row]:
    """The table of measures: a column for each set, the suite as a whole before its parts, repeat scans by hand."""
    sets: dict[str, list[CaseScore]] = {}
    hands: dict[str, list[CaseScore]] = {}
    for done in scores:
        kept = hands.setdefault(done.study.hand, []) if done.study.hand else sets.setdefault(done.study.group, [])
        kept.append(done.score)
    return table(_with_suite(sets), {REPEATS: list(hands.values())} if hands else {})


def _with_suite(sets: dict[str, list[CaseScore]]) -> dict[str, list[CaseScore]]:
    """The sets, and all parts of the suite as one before them where there are several."""
    parts = {name: scores for name, scores in sets.items() if name in SUITE_OF}
    if len(parts) < 2:
        return sets
    others = {name: scores for name, scores in sets.items() if name not in SUITE_OF}
    return others | {SUITE: [score for scores in parts.values() for score in scores]} | parts


def score_all(studies: Sequence[Study], jobs: int = 1, progress: Progress | None = None) -> list[StudyScore]:
    """Score every study in its order; ``jobs`` processes share them. ``progress`` is told each one that is done."""
    done: list[StudyScore] = []
    for result in _results(studies, jobs):
        done.append(result)
        if progress:
            progress(result.score.case, len(done) / len(studies))
    return done


def _results(studies: Sequence[Study], jobs: int) -> Iterator[StudyScore]:
    if jobs < 2:
        yield from map(score_study, studies)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(score_study, studies)


def score_study(study: Study) -> StudyScore:
    """Load or make one study, analyse it, score it. A refusal is scored as an analysis that found nothing.

    What is free goes back to the system: studies of many sizes leave a heap in pieces that grows with each.
    """
    pair, truth = _changed(_load(study.source), study.change)
    began = time.perf_counter()
    analysis = _analysis(pair)
    seconds = time.perf_counter() - began
    result = StudyScore(study, score(truth, analysis, pair.geometry), seconds)
    give_memory_back()
    return result


def _changed(case: Case, change: Change | Mixture | Pose | None) -> Case:
    match change:
        case Change():
            return changed(*case, change)
        case Mixture():
            return mixed(*case, change)
        case Pose():
            return posed(*case, change)
    return case


def _load(source: Path | PhantomSpec) -> tuple[EnergyPair, CaseTruth]:
    return kept_phantom(source) if isinstance(source, PhantomSpec) else load_case(source)


def load_case(folder: Path) -> tuple[EnergyPair, CaseTruth]:
    """The energies and the truth of a case. Raises Refused where its images are no pair of energies."""
    images = read_folder(folder / "dicom")
    pairing = find_pair(images.instances)
    if pairing.pair is None:
        raise Refused(f"{folder} holds no pair of energies: {'; '.join(map(str, pairing.reasons))}")
    table = json.loads((folder / "truth" / "truth.json").read_text(encoding="utf-8"))
    with np.load(folder / "truth" / "labels.npz") as stored:
        labels = stored["labels"]
    return load_pair(pairing.pair, images.locate), read_truth(table, labels)


def _analysis(pair: EnergyPair) -> Analysis:
    from node.analysis.pipeline import analyse

    try:
        return analyse(pair)
    except Refused as refusal:
        return _nothing(pair, str(refusal))
    except Exception as error:  # noqa: BLE001  (one fault must not end a run of many studies; it shows as no result)
        return _nothing(pair, f"fault: {type(error).__name__}: {error}")


def _nothing(pair: EnergyPair, reason: str) -> Analysis:
    empty = np.zeros(pair.geometry.shape, np.uint16)
    return Analysis(Findings(Outcome.REFUSED, (reason,), ()), empty, empty)
