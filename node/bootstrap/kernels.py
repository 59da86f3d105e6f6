"""Kernels compile as they are imported (eager signatures): importing them all is warming them."""

from importlib import import_module
from multiprocessing import get_context
from pkgutil import iter_modules

import node.kernels
from node.domain.errors import Defect

_FOR_PHANTOMS = "phantom_"


def warm_kernels(*, phantoms: bool = True) -> int:
    """Compile every kernel, or load it from the cache. Returns the number of kernel files.

    A node needs none of those that make ``phantoms``.
    """
    names = [module.name for module in iter_modules(node.kernels.__path__) if module.name != "jit"]
    names = [name for name in names if phantoms or not name.startswith(_FOR_PHANTOMS)]
    for name in names:
        import_module(f"node.kernels.{name}")
    return len(names)


def warm_in_process_of_its_own() -> None:
    """Fill the cache; this process stays free of the compiler. Raises Defect where a kernel does not compile."""
    process = get_context("spawn").Process(target=warm_kernels, kwargs={"phantoms": False}, name="warm", daemon=True)
    process.start()
    process.join()
    if process.exitcode:
        raise Defect("The kernels do not compile.", hint="Run `calcinode warm` to see why.")
