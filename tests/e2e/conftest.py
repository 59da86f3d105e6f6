"""Phantom studies for the end-to-end tests, made once a session."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from node.phantom.presets import preset
from node.service.trial.phantom import StudyOptions, write_study


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``dicom/`` (two energies, a mixed series, a topogram, a dose report) and ``truth/`` of the small phantom."""
    folder = tmp_path_factory.mktemp("small")
    write_study(preset("small"), folder, StudyOptions(mixed=True, topogram=True, dose=True))
    return folder


@pytest.fixture
def copy_of_study(small_study: Path, tmp_path: Path) -> Callable[[], Path]:
    """A copy of 30 slices of the two energies to be spoiled: ``s00`` and ``s01``."""

    def copy() -> Path:
        target = tmp_path / "study"
        for series in ("s00", "s01"):
            (target / series).mkdir(parents=True)
            for path in sorted((small_study / "dicom" / series).iterdir())[60:90]:
                shutil.copy(path, target / series)
        return target

    return copy
