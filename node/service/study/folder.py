"""A folder of DICOM files as instances, for the commands that work without the network."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from node.dicom.reading.header import read_instance
from node.domain.errors import Refused, Unusable
from node.domain.instance import Instance
from node.domain.progress import Progress
from node.kernels.memory import keep_freed_memory

PACKED: Final = frozenset({".zip", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".rar", ".iso"})
"""Archives, as exports from a PACS come; they are not looked into."""


@dataclass(frozen=True)
class Folder:
    """What was found: instances, the file of each SOP Instance UID, and what could not be read with its reason."""

    instances: tuple[Instance, ...]
    files: dict[str, Path] = field(repr=False)
    skipped: tuple[tuple[Path, str], ...] = ()

    def locate(self, sop_instance_uid: str) -> Path:
        """The file of an instance."""
        return self.files[sop_instance_uid]


def read_folder(folder: Path, progress: Progress | None = None) -> Folder:
    """Read every file under ``folder`` (or the one file it names). ``progress`` is told ("read", share from 0 to 1).

    The first file of a SOP Instance UID counts; the same instance twice is no error. Raises Unusable where it
    does not exist, Refused where there is no DICOM file at all.
    """
    keep_freed_memory()  # before the first thread has a heap of its own
    paths = list(_paths(folder))
    instances: list[Instance] = []
    files: dict[str, Path] = {}
    skipped: list[tuple[Path, str]] = []
    done = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # pixels are hashed while other headers are read
        for path, found in zip(paths, pool.map(_instance_or_reason, paths), strict=True):
            if isinstance(found, str):
                skipped.append((path, found))
            elif found.sop_instance_uid not in files:
                files[found.sop_instance_uid] = path
                instances.append(found)
            done += 1
            if progress:
                progress("read", done / len(paths))
    if not instances:
        raise _nothing(folder, skipped)
    return Folder(tuple(instances), files, tuple(skipped))


def _instance_or_reason(path: Path) -> Instance | str:
    try:
        return read_instance(path)
    except Refused as refusal:
        return refusal.message


def _paths(folder: Path) -> Iterator[Path]:
    if not folder.exists():
        raise Unusable(f"{folder} does not exist.", hint="Name the folder that holds the study's DICOM files.")
    if folder.is_file():
        yield folder
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "DICOMDIR":
            yield path


def _nothing(folder: Path, skipped: list[tuple[Path, str]]) -> Refused:
    if not skipped:
        return Refused(f"{folder} holds no files.", hint="Name the folder that holds the study's DICOM files.")
    packed = next((path for path, _ in skipped if path.suffix.lower() in PACKED), None)
    unpack = f" {packed.name} is an archive: unpack it first." if packed else ""
    return Refused(
        f"{folder} holds no readable DICOM file; {len(skipped)} looked at, the first: {skipped[0][1]}",
        hint=f"DICOM files (PS3.10) are expected, in this folder or below it.{unpack}",
    )
