"""One study from a folder to a folder, without a network."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from node.domain.errors import Refused, Unusable
from node.domain.instance import Instance
from node.domain.progress import Progress
from node.domain.reason import Reason, ReasonCode
from node.service.journal.results import ResultObject
from node.service.study.encode import FILE_NAMES
from node.service.study.folder import Folder, read_folder
from node.service.study.parameters import Parameters
from node.service.study.process import Analyse, StudyResult, process_study

_HINTS: Final[Mapping[ReasonCode, str]] = {
    ReasonCode.ENERGY_MISSING: "Add the files of the other tube voltage and run again.",
    ReasonCode.MISSING_SLICES: "Add the missing files and run again.",
}


@dataclass(frozen=True, eq=False)
class FolderResult:
    """The result of the study, the files written, and the files of the input that could not be read and why."""

    result: StudyResult
    files: tuple[Path, ...]
    skipped: tuple[tuple[Path, str], ...]


def analyse_folder(
    folder: Path,
    out: Path,
    parameters: Parameters,
    progress: Progress | None = None,
    *,
    analyse: Analyse | None = None,
) -> FolderResult:
    """Analyse the one study under ``folder`` and write ``seg.dcm sr.dcm overlay.dcm overlay.png findings.json``.

    Each file appears whole or not at all; files of an earlier result that this one does not have are removed. A study
    that cannot be measured gives ``findings.json`` with the reasons. Raises Unusable where ``folder`` is not there or
    ``out`` cannot be written, Refused where the folder holds no DICOM, or several studies.
    """
    found = read_folder(folder, progress)
    _one_study(folder, found)
    with _writing(out):  # before the work, not after it
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    result = process_study(found.instances, found.locate, parameters, progress, analyse=analyse, say=_in_a_folder)
    with _writing(out):
        for name in set(FILE_NAMES) - {part.file_name for part in result.objects}:
            (out / name).unlink(missing_ok=True)
        return FolderResult(result, tuple(_written(out, part) for part in result.objects), found.skipped)


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unusable(
            f"Cannot write to {out}: {error.strerror}.",
            hint="Name a folder that this account may write to, on a disk with free space.",
        ) from error


def _in_a_folder(reason: Reason) -> str:
    """Nothing arrives late in a folder."""
    hint = _HINTS.get(reason.code)
    return f"{reason.sentence} {hint}" if hint else str(reason)


def _one_study(folder: Path, found: Folder) -> None:
    studies: dict[str, list[Instance]] = {}
    for instance in found.instances:
        studies.setdefault(instance.study_instance_uid, []).append(instance)
    if len(studies) > 1:
        listed = "; ".join(f"{uid} ({len(group)} images)" for uid, group in sorted(studies.items())[:5])
        raise Refused(
            f"{folder} holds {len(studies)} studies, one is expected: {listed}.",
            hint="Put each study into a folder of its own and analyse them one by one.",
        )


def _written(out: Path, part: ResultObject) -> Path:
    path = out / part.file_name
    handle, temporary = tempfile.mkstemp(dir=out, prefix=f".{part.file_name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(part.content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
