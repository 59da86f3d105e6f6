"""Commands for whoever installs the node."""

import time

from node.cli.console import out


def warm() -> None:
    """Compile the kernels now, so that the first study does not wait for it.

    The machine code is kept under ~/.cache/calcinode (CALCINODE_CACHE_DIR moves it) and made anew when the
    program, numba or Python changes.

    \b
    Example:
      calcinode warm
    """
    from node.bootstrap.kernels import warm_kernels

    began = time.perf_counter()
    count, folder = warm_kernels()
    out.print(f"{count} kernel files ready after {time.perf_counter() - began:.1f} s in {folder}")
