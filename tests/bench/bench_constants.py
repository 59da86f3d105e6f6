"""What becomes of the accuracy where all constants of the analysis are a little wrong: what is tuned stands on an edge.

    python -m tests.bench.bench_constants [DIR] [--spread 0.05] [--draws 2] [--count 40]

Every fraction among the constants of ``node.analysis`` is multiplied by exp(N(0, spread)), each by its own, in a copy
of the package; of a share near 1 it is the rest to 1 that is scaled. Whole numbers, and what a scanner's physics
gives, stay. ``calcinode accuracy DIR --suite`` then scores each copy; a column for each draw, beside that of the
constants as they are.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import node
import numpy as np

PHYSICS = ("HU_PER_MG_CC", "HU_PER_MG_CC_TIN", "HU_PER_MG_CC_KEV", "MSU_SLOPE")
NEAR_ONE = 0.75
FOLDER = Path(tempfile.gettempdir()) / "calcinode-constants"
"""Always the same, so that compiled kernels, which are kept by path, are used again."""
Table = dict[tuple[int, str, str], list[str]]
"""(target, value with its mark) by row, measure and set."""


def constants(source: str) -> Iterator[ast.Constant]:
    """The fractions in what the constants of a module are set to, in the order of the text."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            names = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
            if names and all(name.isupper() and name not in PHYSICS for name in names):
                found = (part for part in ast.walk(statement.value) if isinstance(part, ast.Constant))
                fractions = [part for part in found if isinstance(part.value, float)]
                yield from sorted(fractions, key=lambda part: (part.lineno, part.col_offset))


def scaled(source: str, spread: float, random: np.random.Generator) -> tuple[str, int]:
    """The text with each fraction scaled, and how many there are."""
    lines = source.splitlines(keepends=True)
    found = list(constants(source))
    for part in reversed(found):
        factor, value = float(np.exp(random.normal(0.0, spread))), float(part.value)  # type: ignore[arg-type]
        new = 1.0 - (1.0 - value) * factor if NEAR_ONE < value < 1.0 else value * factor
        line = lines[part.lineno - 1].encode()
        lines[part.lineno - 1] = (line[: part.col_offset] + repr(new).encode() + line[part.end_col_offset :]).decode()
    return "".join(lines), len(found)


def copy_of(package: Path, folder: Path, spread: float, seed: int) -> int:
    """A new copy of the package in ``folder`` with scaled constants; returns how many."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    random, count = np.random.default_rng(seed), 0
    for module in sorted((folder / package.name / "analysis").rglob("*.py")):
        text, found = scaled(module.read_text(encoding="utf-8"), spread, random)
        module.write_text(text, encoding="utf-8")
        count += found
    return count


def accuracy(folder: Path, options: list[str]) -> Table:
    """The table of ``calcinode accuracy`` with the package in ``folder``: value and mark by measure and set."""
    out = folder / "accuracy.md"
    command = [sys.executable, "-m", "node", "accuracy", *options, "--jobs", "2", "--markdown", str(out)]
    subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, check=True, stdout=sys.stderr)
    heading, _, *rows = (line.strip("| \n").split(" | ") for line in out.read_text(encoding="utf-8").splitlines())
    return {
        (number, row[0].strip(), name.strip()): [row[1].strip(), _value(cell)]
        for number, row in enumerate(rows)
        for name, cell in zip(heading[2:], row[2:], strict=False)
        if cell.strip()
    }


def _value(cell: str) -> str:
    """``98.2 % ✓`` of ``98.2 % (95.0 to 99.0), n = 90 ✓``."""
    mark = cell.strip()[-1]
    return f"{cell.split(' (')[0].split(',')[0].strip()} {mark if mark in '✓✗' else ''}".strip()


def main() -> None:
    """Score the package as it is, and copies of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", help="cases with truth")
    parser.add_argument("--spread", type=float, default=0.05)
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--count", type=int, default=40)
    given = parser.parse_args()
    options = ["--suite", "--count", str(given.count)] + ([str(Path(given.folder).resolve())] if given.folder else [])
    package, tables = Path(node.__file__).parent, []
    for draw in range(given.draws + 1):
        count = copy_of(package, FOLDER, given.spread if draw else 0.0, draw)
        tables.append(accuracy(FOLDER, options))
    shutil.rmtree(FOLDER)
    print(f"{count} constants, each wrong by {100 * given.spread:g} % (standard deviation)\n")
    print("| set | measure | target | as they are |" + "".join(f" draw {n} |" for n in range(1, given.draws + 1)))
    print("|---|---|---|---|" + "---|" * given.draws)
    for key, (target, _) in tables[0].items():
        values = "".join(f" {table[key][1] if key in table else ''} |" for table in tables)
        print(f"| {key[2]} | {key[1]} | {target} |{values}")


if __name__ == "__main__":
    main()
