"""Our analysis beside the straightforward one (``straightforward.py``), in one run, on the same voxels.

    python -m tests.bench.bench_speed [--slices 400] [--size 512] [--rounds 2] [--profile]

On the limb's crop, and on the full volume as a user would write it; ours, the median of rounds before and after. On a
machine with other work the ratios are too low, since ours needs all cores. The straightforward one takes some 11 GB of
memory. ``--profile`` prints where our time goes.
"""

import argparse
import cProfile
import os
import pstats
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from node.analysis.limb.limbs import find_limbs
from node.analysis.pipeline import analyse
from node.domain.volume import EnergyPair
from node.phantom import make
from node.phantom.presets import preset
from tests.bench.straightforward import find_deposits

LINES = 45


def demo_pair(slices: int, size: int) -> EnergyPair:
    """The demo's hand on a grid of ``slices`` x ``size`` x ``size``."""
    spec = preset("demo")
    grid = replace(spec.grid, shape=(slices, size, size), spacing_mm=(0.6, 0.34, 0.34), slice_thickness_mm=0.6)
    return make(replace(spec, grid=grid)).pair


def seconds(task: Callable[[], object], rounds: int) -> list[float]:
    """Wall-clock time of each round of a task."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        task()
        found.append(time.perf_counter() - began)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=400)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    pair = demo_pair(options.slices, options.size)
    found = analyse(pair)  # warms
    if options.profile:
        with cProfile.Profile() as profile:
            analyse(pair)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(LINES)
    limb = find_limbs(pair)[0]
    spacing = pair.geometry.spacing_mm
    load = os.getloadavg()[0]
    before = seconds(lambda: analyse(pair), options.rounds)
    (crop,) = seconds(lambda: find_deposits(limb.low, limb.high, spacing), 1)
    (full,) = seconds(lambda: find_deposits(pair.low.hu, pair.high.hu, spacing), 1)
    ours = statistics.median(before + seconds(lambda: analyse(pair), options.rounds))
    shape = " x ".join(str(n) for n in limb.body.shape)
    print(f"2 x {options.slices} x {options.size} x {options.size}: {len(found.findings.deposits)} deposits")
    print(f"limb's box {shape}, {limb.body.sum() / 1e6:.1f} million voxels of tissue")
    print(f"other load on the machine's {os.cpu_count()} cores at the beginning: about {load:.1f}")
    print(f"ours, volumes to findings       {ours:7.2f} s")
    print(f"straightforward, limb's box     {crop:7.2f} s, {crop / ours:5.1f} times as long")
    print(f"straightforward, full volume    {full:7.2f} s, {full / ours:5.1f} times as long")


if __name__ == "__main__":
    main()
