#!/usr/bin/env python3
"""Echo over loopback, 64 bytes: weft beside Go and bare epoll by turns; server on one core, client on the other.

   bench/net/echo.py [--seconds S] [--reps N]     after `make bench`, which builds the programs

Prints a Markdown table: answers a second, the server's CPU time an answer, and the time to an answer, medians.
"""

import argparse
import os
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = ROOT / "build/release/bench"
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(server: Path, connections: int, seconds: float) -> list[float]:
    """Answers a second, server's CPU in us an answer, p50, p99 and p99.9 in us."""
    process = subprocess.Popen(["taskset", "-c", "0", server], stdout=subprocess.PIPE, text=True)
    try:
        host, port = process.stdout.readline().strip().rsplit(":", 1)
        command = ["taskset", "-c", "1", BUILT / "echo_client", host, port, str(connections), str(seconds), "64"]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10 * seconds + 10)
        answers, took, *latencies = map(float, said.stdout.split())
        return [answers / took, cpu_seconds(process.pid) * 1e6 / answers, *latencies]
    finally:
        process.kill()
        process.wait()


def servers() -> dict[str, Path]:
    found = {"epoll": BUILT / "echo_epoll", "weft": BUILT / "echo_weft"}
    go = subprocess.run([ROOT / "tools/install_go.sh", "--find"], capture_output=True, text=True).stdout.strip()
    if go:
        subprocess.run([go, "build", "-o", BUILT / "echo_go", "."], cwd=ROOT / "bench/net/echo_go", check=True,
                       env={**os.environ, "GOTOOLCHAIN": "local", "GO111MODULE": "off", "CGO_ENABLED": "0"})
        found["Go"] = BUILT / "echo_go"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--reps", type=int, default=5)
    options = parser.parse_args()
    print("| connections | server | answers/s | CPU us an answer | p50 us | p99 us | p99.9 us |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    found = servers()
    for connections in (1, 64):
        runs: dict[str, list[list[float]]] = {name: [] for name in found}
        for _ in range(options.reps):
            for name, server in found.items():
                runs[name].append(measure(server, connections, options.seconds))
        for name, results in runs.items():
            rate, cpu, *latencies = (statistics.median(column) for column in zip(*results))
            lowest, highest = min(row[1] for row in results), max(row[1] for row in results)
            shown = " | ".join(f"{value:.0f}" for value in latencies)
            print(f"| {connections} | {name} | {rate:,.0f} | {cpu:.2f} [{lowest:.2f}, {highest:.2f}] | {shown} |",
                  flush=True)


if __name__ == "__main__":
    main()
