"""Where the time of the analysis goes, kernel by kernel, and how far each kernel is from the memory's bandwidth.

    python -m tests.bench.bench_kernels [--slices 400] [--size 512] [--rounds 5]

Every kernel that ``node.analysis`` calls is timed during whole analyses; of the rounds the shortest counts. "Touched"
is the least a kernel can get by with: each array that it is given, once, inside of the spans that it is given. The
yardstick is NumPy copying one large array to another in the same run, on one thread: what was read plus what was
written. A kernel at a few per cent is bound by its arithmetic, its branches or, the floods, by the latency of memory.
"""

import argparse
import importlib
import pkgutil
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import node.analysis
import numpy as np
from node.analysis.pipeline import analyse
from numba.core.dispatcher import Dispatcher
from tests.bench.bench_speed import demo_pair

COPIED_BYTES = 200_000_000


@dataclass
class Spent:
    """Calls of a kernel, seconds, and bytes it had to touch."""

    calls: int = 0
    seconds: float = 0.0
    touched: int = 0


class Profile:
    """Sums of all kernel calls since the last ``taken``."""

    def __init__(self) -> None:
        self._spent: dict[str, Spent] = defaultdict(Spent)
        self._lock = threading.Lock()

    def watch(self, kernel: Dispatcher) -> Callable[..., Any]:
        """The kernel, timed; two may run at once."""

        def timed(*arguments: Any) -> Any:
            began = time.perf_counter()
            result = kernel(*arguments)
            seconds = time.perf_counter() - began
            with self._lock:
                spent = self._spent[kernel.__name__]
                spent.calls += 1
                spent.seconds += seconds
                spent.touched += touched(arguments)
            return result

        return timed

    def taken(self) -> dict[str, Spent]:
        """What was spent; the next sums begin at 0."""
        spent, self._spent = dict(self._spent), defaultdict(Spent)
        return spent


def touched(arguments: tuple[Any, ...]) -> int:
    """Bytes of all arrays, of volumes only what lies in the narrowest spans given (the last argument is a result)."""
    arrays = [a for a in arguments if isinstance(a, np.ndarray)]
    spans = [a for a in arrays[:-1] if a.ndim == 3 and a.dtype == np.int32 and a.shape[2] == 2]
    inside = min((int((s[..., 1] - s[..., 0]).sum()) for s in spans), default=None)
    volume = [a.ndim == 3 and not any(a is s for s in spans) for a in arrays]
    return sum(
        inside * a.itemsize if is_volume and inside is not None else a.nbytes
        for a, is_volume in zip(arrays, volume, strict=True)
    )


def watch_all(profile: Profile) -> None:
    """Put the timed kernels in place of the kernels in all modules of the analysis."""
    for found in pkgutil.walk_packages(node.analysis.__path__, "node.analysis."):
        module = importlib.import_module(found.name)
        for name, value in list(vars(module).items()):
            if isinstance(value, Dispatcher):
                setattr(sys.modules[found.name], name, profile.watch(value))


def copy_bandwidth() -> float:
    """Bytes a second, read and written, of NumPy's copy; the best of ten."""
    source = np.ones(COPIED_BYTES, np.uint8)
    target, best = np.zeros_like(source), np.inf
    for _ in range(10):
        began = time.perf_counter()
        np.copyto(target, source)
        best = min(best, time.perf_counter() - began)
    return 2 * COPIED_BYTES / best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=400)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    pair, profile = demo_pair(options.slices, options.size), Profile()
    analyse(pair)  # warms
    watch_all(profile)
    rounds: list[dict[str, Spent]] = []
    whole = []
    for _ in range(options.rounds):
        began = time.perf_counter()
        analyse(pair)
        whole.append(time.perf_counter() - began)
        rounds.append(profile.taken())
    copied = copy_bandwidth()
    least = {name: min(r[name].seconds for r in rounds) for name in rounds[0]}
    print(f"analysis {min(whole):.2f} s, of which kernels {sum(least.values()):.2f} s; copy {copied / 1e9:.1f} GB/s")
    print(f"{'kernel':24} {'calls':>5} {'ms':>7} {'MB touched':>11} {'GB/s':>6} {'of copy':>8}")
    for name, seconds in sorted(least.items(), key=lambda item: -item[1]):
        spent = rounds[0][name]
        rate = spent.touched / max(seconds, 1e-9)
        megabytes = spent.touched / 1e6
        print(
            f"{name:24} {spent.calls:5} {1e3 * seconds:7.1f} {megabytes:11.1f} {rate / 1e9:6.2f} {rate / copied:8.0%}"
        )


if __name__ == "__main__":
    main()
