"""The time of `recordkeeper --help` against `python -c 'import click'`, median of pairs; at most twice."""

import statistics
import subprocess
import sys
import time

RUNS = 21
BUDGET = 2.0


def seconds(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> int:
    pairs = [(seconds("-m", "recordkeeper", "--help"), seconds("-c", "import click")) for _ in range(RUNS)]
    ratio = statistics.median(ours / floor for ours, floor in pairs)
    ours = statistics.median(ours for ours, _ in pairs)
    print(f"--help: {ours * 1000:.0f} ms, {ratio:.2f} times import click (budget {BUDGET:.0f})")
    return 0 if ratio <= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
