"""Kernels compile as they are imported (eager signatures): importing them all is warming them."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import node.kernels
from node.kernels.jit import cache_folder


def warm_kernels() -> tuple[int, Path]:
    """Compile every kernel, or load it from the cache. Returns the number of kernel files and the cache folder."""
    names = [module.name for module in iter_modules(node.kernels.__path__) if module.name != "jit"]
    for name in names:
        import_module(f"node.kernels.{name}")
    return len(names), cache_folder()
