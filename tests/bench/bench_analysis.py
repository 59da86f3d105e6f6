"""Time and peak memory of one study of 2 x 400 x 512 x 512, from its files to its results.

    python -m tests.bench.bench_analysis [--slices 400] [--size 512] [--rounds 3]

A phantom study is written uncompressed; a fresh process reads it and, once warm, takes it through each step as
``calcinode analyse`` does: headers, pixels, analysis (pixels are hashed beside it), encoding. Medians of rounds, and
the process's peak memory.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from node.dicom.objects.source import read_source
from node.dicom.reading.pixels import load_pair
from node.domain.pairing import find_pair
from node.phantom.presets import preset
from node.service.processes import spare_thread
from node.service.study.encode import encode
from node.service.study.folder import read_folder
from node.service.study.parameters import Parameters
from node.service.trial.phantom import write_study

STEPS = ("headers", "pixels", "analysis", "encoding")


def write(folder: Path, slices: int, size: int) -> None:
    """The demo's hand on a grid of ``slices`` x ``size`` x ``size`` that just holds it."""
    spec = preset("demo")
    grid = replace(spec.grid, shape=(slices, size, size), spacing_mm=(0.6, 0.34, 0.34), slice_thickness_mm=0.6)
    write_study(replace(spec, grid=grid), folder)


def peak_memory_mib() -> float:
    """Peak resident memory of this process alone: ``ru_maxrss`` starts at that of the process which made it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return float(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024.0


def measure(folder: Path, rounds: int) -> dict[str, float]:
    """Median seconds of each step, peak memory in MiB, deposits found. Runs in a process of its own."""
    from node.analysis.pipeline import analyse

    seconds: dict[str, list[float]] = {step: [] for step in STEPS}
    deposits = 0
    for number in range(rounds + 1):
        marks = [time.perf_counter()]
        found = read_folder(folder)
        stacks = find_pair(found.instances).pair
        assert stacks is not None
        marks.append(time.perf_counter())
        pair = load_pair(stacks, found.locate)
        marks.append(time.perf_counter())
        with spare_thread() as pool:
            read = pool.submit(read_source, stacks.low, stacks.high, pair, found.locate)
            analysis = analyse(pair)
            marks.append(time.perf_counter())
            source = read.result()
        encode(analysis, source, pair, Parameters())
        marks.append(time.perf_counter())
        deposits = len(analysis.findings.deposits)
        del pair, analysis  # a study at a time; memory is kept for the next, as a node does that has one waiting
        if number:  # the first round warms
            for step, began, ended in zip(STEPS, marks, marks[1:], strict=False):
                seconds[step].append(ended - began)
    peak_mib = peak_memory_mib()
    return {step: statistics.median(times) for step, times in seconds.items()} | {
        "peak_mib": peak_mib,
        "deposits": deposits,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slices", type=int, default=400)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.rounds)))
        return
    with tempfile.TemporaryDirectory(prefix="calcinode-bench-") as folder:
        write(Path(folder) / "study", options.slices, options.size)
        command = [sys.executable, "-m", "tests.bench.bench_analysis", "--rounds", str(options.rounds), "--measure"]
        done = subprocess.run([*command, str(Path(folder) / "study" / "dicom")], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    print(f"one study of 2 x {options.slices} x {options.size} x {options.size}, {found['deposits']} deposits found")
    for step in STEPS:
        print(f"{step:10} {found[step]:6.2f} s")
    print(f"{'together':10} {sum(found[step] for step in STEPS):6.2f} s, peak memory {found['peak_mib']:.0f} MiB")


if __name__ == "__main__":
    main()
