"""Phantoms kept between runs of the accuracy suite and the demo: making one takes longer than analysing it.

The folder is named by the digest of the phantom's sources, what is in it by the digest of its spec (a study's by
that of its writers too), so that what is kept is always what would be made. ``CALCINODE_CACHE_DIR`` or
``XDG_CACHE_HOME`` moves it, as they do the kernels'.
"""

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import node.dicom.synthetic
import node.kernels
import node.phantom
import node.service.trial.phantom
from node.accuracy.truth import CaseTruth, read_truth
from node.domain.progress import Progress
from node.domain.volume import EnergyPair, Volume
from node.kernels.jit import cache_folder
from node.phantom import Phantom, PhantomSpec, make
from node.phantom.attenuation import attenuation
from node.service.trial.phantom import write_study

FAST = 1
"""Level of compression: noise hardly shrinks at any, and air does at the lowest."""


def kept_phantom(spec: PhantomSpec) -> tuple[EnergyPair, CaseTruth]:
    """The energies and the truth of a phantom, from the cache or made and kept. Raises Refused as ``make`` does."""
    path = phantom_folder() / f"{_kept_name(spec)}.zip"
    if not path.exists():
        _keep(make(spec), path)
    return _read(path, spec)


def kept_study(spec: PhantomSpec, progress: Progress | None = None) -> Path:
    """Folder of a phantom's study as ``write_study`` writes it, from the cache or written and kept."""
    path = phantom_folder() / f"{_kept_name(spec)}-{_digest(_writers())[:12]}"
    if not path.exists():
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            write_study(spec, temporary, progress=progress)
            temporary.rename(path)
        except OSError:  # another process was faster
            if not path.exists():
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return path


def _kept_name(spec: PhantomSpec) -> str:
    return f"{spec.name}-{hashlib.sha256(repr(spec).encode()).hexdigest()[:12]}"


def phantom_folder() -> Path:
    """Where the phantoms of exactly these sources are kept; those of other sources are removed."""
    home = cache_folder().parent.parent / "phantoms"
    folder = home / _sources_digest()
    if not folder.exists():
        for old in home.glob("*"):
            shutil.rmtree(old, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _sources_digest() -> str:
    phantom, kernels = (Path(str(package.__file__)).parent for package in (node.phantom, node.kernels))
    sources = [*phantom.glob("*.py"), *phantom.glob("*.csv"), *kernels.glob("phantom_*.py")]
    return _digest(path for path in sources if path.stem not in ("presets", "randomise", "suites"))[:16]


def _writers() -> list[Path]:
    """Sources of what ``write_study`` makes of a phantom."""
    synthetic, own = (Path(str(module.__file__)) for module in (node.dicom.synthetic, node.service.trial.phantom))
    return [*synthetic.parent.glob("ct_*.py"), own]


def _digest(sources: Iterable[Path]) -> str:
    digest = hashlib.sha256(np.__version__.encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _keep(phantom: Phantom, path: Path) -> None:
    """Write the file whole or not at all: another process may make the same phantom."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.")
    with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=FAST) as f:
        f.writestr("truth.json", json.dumps(phantom.truth.table))
        volumes = {"low": phantom.pair.low.hu, "high": phantom.pair.high.hu, "labels": phantom.labels}
        for name, array in volumes.items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            f.writestr(f"{name}.npy", buffer.getbuffer())
    Path(temporary).replace(path)


def _read(path: Path, spec: PhantomSpec) -> tuple[EnergyPair, CaseTruth]:
    with zipfile.ZipFile(path) as stored:
        truth = read_truth(json.loads(stored.read("truth.json")), _array(stored, "labels"))
        low, high = (Volume(_array(stored, name), truth.geometry) for name in ("low", "high"))
    figures = attenuation(spec.imaging.pair, spec.imaging.water_path_cm)
    return EnergyPair(low, high, figures.low_tube, figures.high_tube), truth


def _array(stored: zipfile.ZipFile, name: str) -> NDArray[Any]:
    return np.asarray(np.load(io.BytesIO(stored.read(f"{name}.npy"))))
