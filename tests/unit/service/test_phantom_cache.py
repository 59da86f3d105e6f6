"""The cache of phantoms: what is kept is what would be made."""

from collections.abc import Iterable
from pathlib import Path

import node.dicom.synthetic
import pytest
from node.phantom.presets import preset
from node.service.trial import phantom_cache

WRITERS = set(Path(str(node.dicom.synthetic.__file__)).parent.glob("ct_*.py"))


def test_a_study_is_kept_by_the_sources_of_all_its_writers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digested: set[Path] = set()

    def digest(sources: Iterable[Path]) -> str:
        digested.update(sources)
        return 64 * "0"

    monkeypatch.setenv("CALCINODE_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(phantom_cache, "write_study", lambda _spec, _folder, progress: None)
    monkeypatch.setattr(phantom_cache, "_digest", digest)
    phantom_cache.kept_study(preset("small"))
    assert WRITERS
    assert digested >= WRITERS
