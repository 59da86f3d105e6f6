"""Free space of a volume, and the watermark below which nothing more is stored."""

import shutil
from pathlib import Path
from typing import Final

IMAGE_BYTES: Final = 1 << 20
"""What one more image takes, about."""


def shortage(folder: Path, watermark_bytes: int, size: int = IMAGE_BYTES) -> str:
    """Why ``size`` bytes more are not stored in ``folder``, without a full stop; empty where they are.

    Raises OSError where the folder is not there.
    """
    if not watermark_bytes or shutil.disk_usage(folder).free - size >= watermark_bytes:
        return ""
    return f"Less than {watermark_bytes // 2**20} MiB would stay free on the volume of {folder}"
