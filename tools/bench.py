#!/usr/bin/env python3
"""Measures weft beside Go and, with --peers, beside Boost.Fiber and std::thread; writes docs/benchmarks.md.

CMake builds the C++ programs (target weft_benches); the Go twins are built here, if there is a Go of 1.23 or newer.
A full run writes the document; one that is cut (--quick, --only) prints it instead, unless --output names a file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import bench_machine
from bench_report import Report, read_limits, write
from bench_rows import ROWS
from bench_run import Peer, Results, interleave, selected_rows

ROOT = Path(__file__).resolve().parent.parent
PROFILE_ROW = "doctor/profile_50mb"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", action="store_true", help="with Boost.Fiber and std::thread")
    parser.add_argument("--quick", action="store_true", help="short measurements, once: to see that all rows work")
    parser.add_argument("--only", default="", metavar="REGEX", help="only the rows that match")
    parser.add_argument("--reps", type=int, metavar="N", help="repetitions (default 5; 1 with --quick)")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", metavar="DIR", help="of CMake")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default docs/benchmarks.md, for a full run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every single measurement, too")
    options = parser.parse_args()
    if options.reps is not None and options.reps < 1:
        parser.error(f"--reps {options.reps}: at least 1")
    options.reps = options.reps or (1 if options.quick else 5)
    if not options.output and not options.quick and not options.only:
        options.output = ROOT / "docs/benchmarks.md"
    return options


def build_go(go: str, folder: Path) -> None:
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off"}
    source = ROOT / "bench/micro/go"
    command = [go, "build", "-o", folder / "go_bench", "."]
    subprocess.run(command, cwd=source, env={**environment, "CGO_ENABLED": "1"}, check=True)
    command = [go, "build", "-o", folder / "start_go", "./start"]
    subprocess.run(command, cwd=source, env={**environment, "CGO_ENABLED": "0"}, check=True)


def start_command(options: argparse.Namespace, row: str, program: str) -> list[str]:
    folder = options.build / "bench"
    return [str(folder / "start_launch"), row, str(folder / program), "10" if options.quick else "40"]


def profile_command(options: argparse.Namespace, *command: str | Path) -> list[str]:
    profile = options.build / "bench/profile_50mb.pb.gz"
    return [sys.executable, str(ROOT / "bench/doctor/time_on_profile.py"), PROFILE_ROW, *map(str, (profile, *command))]


def weft_peer(options: argparse.Namespace) -> Peer:
    starts = {"start/main": "start_weft", "start/main_static": "start_weft_static"}
    commands = {row: start_command(options, row, program) for row, program in starts.items()}
    doctor = options.build / "weft"
    if doctor.exists():
        commands[PROFILE_ROW] = profile_command(options, doctor, "doctor", "--quiet")
    return Peer("weft", options.build / "bench/weft", commands)


def go_peer(options: argparse.Namespace, go: str) -> Peer:
    build_go(go, options.build / "bench")
    pprof = subprocess.run([go, "tool", "-n", "pprof"], capture_output=True, text=True, check=True).stdout.strip()
    commands = {"start/main": start_command(options, "start/main", "start_go"),
                PROFILE_ROW: profile_command(options, pprof, "-top")}
    return Peer("Go", options.build / "bench/go_bench", commands)


def find_peers(options: argparse.Namespace, go: str | None, remarks: list[str]) -> list[Peer]:
    folder = options.build / "bench"
    peers = [weft_peer(options)]
    if go:
        peers.append(go_peer(options, go))
    else:
        remarks.append("No Go of 1.23 or newer here: its twins are not measured (tools/install_go.sh installs one).")
    if options.peers:
        peers.append(Peer("Boost.Fiber", folder / "peer_fiber"))
        threads = {"start/main": start_command(options, "start/main", "start_c")}
        peers.append(Peer("std::thread", folder / "peer_thread", threads))
    for peer in [peer for peer in peers if not peer.program.exists()]:
        if peer.name == "weft":
            sys.exit(f"bench: {peer.program} is not there: build the target weft_benches first (make bench does)")
        remarks.append(f"{peer.name} is not measured: {peer.program.name} was not built.")
        peers.remove(peer)
    for peer in peers:
        peer.read_rows()
    return peers


def publish(report: Report, options: argparse.Namespace) -> None:
    text = write(report)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text)
        print(f"bench: written to {options.output}", file=sys.stderr)
    else:
        print(text)
    if options.json:
        everything = {"facts": dict(report.facts), "results": report.results.as_json()}
        options.json.write_text(json.dumps(everything, indent=1))


def main() -> int:
    options = arguments()
    go = bench_machine.find_go(ROOT)
    remarks: list[str] = []
    peers = find_peers(options, go, remarks)
    rows = selected_rows(peers, options.only)
    if not rows:
        sys.exit(f"bench: no row matches '{options.only}'")
    bystanders, began = bench_machine.Bystanders(), time.monotonic()
    results: Results = interleave(peers, rows, options.reps, options.quick)
    remarks += bystanders.remarks()
    facts = bench_machine.facts(ROOT, options.build, go)
    facts.append(("Run", f"{options.reps} repetitions, {time.monotonic() - began:.0f} s"))
    report = Report(
        results=results,
        peers=[peer.name for peer in peers],
        facts=facts,
        command="make peers" if options.peers else "make bench",
        repetitions=options.reps,
        target="40 ms" if options.quick else "200 ms",
        remarks=remarks,
        limits=read_limits(ROOT / "bench/limits.txt"),
    )
    publish(report, options)
    if options.output == ROOT / "docs/benchmarks.md":
        subprocess.run([sys.executable, ROOT / "tools/readme_numbers.py"], check=True)
    unknown = {name for _, name in results.samples} - {row.name for row in ROWS}
    if unknown:
        sys.exit(f"bench: tools/bench_rows.py does not know: {', '.join(sorted(unknown))}")
    return 1 if any(peer == "weft" for peer, _ in results.failures) else 0


if __name__ == "__main__":
    sys.exit(main())
