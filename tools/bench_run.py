"""Runs the benchmark programs by turns and collects what they print."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT_SECONDS = 90


@dataclass
class Peer:
    """One program with `--list` and `--row NAME`; besides, rows that are commands of their own."""

    name: str
    program: Path
    commands: dict[str, list[str]] = field(default_factory=dict)  # by row
    rows: list[str] = field(default_factory=list)

    def read_rows(self) -> None:
        listing = subprocess.run([self.program, "--list"], capture_output=True, text=True, check=True, timeout=10)
        self.rows = listing.stdout.split()
        self.rows += self.commands

    def command(self, row: str, quick: bool) -> list[str]:
        if row in self.commands:
            return self.commands[row]
        return [str(self.program), "--row", row] + (["--quick"] if quick else [])


class Results:
    """Every repetition of every measurement of every peer, and every failure."""

    def __init__(self) -> None:
        self.samples: dict[tuple[str, str], list[dict]] = {}
        self.failures: dict[tuple[str, str], str] = {}

    def add(self, peer: str, line: dict) -> None:
        self.samples.setdefault((peer, line["name"]), []).append(line)

    def fail(self, peer: str, row: str, why: str) -> None:
        self.failures.setdefault((peer, row), why)

    def of(self, peer: str, name: str, key: str = "value") -> list[float]:
        return [line[key] for line in self.samples.get((peer, name), []) if key in line]

    def failure(self, peer: str, measurement: str) -> str:
        """Why this measurement is missing: measurements are named after their row, with a suffix at most."""
        for (failed_peer, row), why in self.failures.items():
            if failed_peer == peer and (measurement == row or measurement.startswith(row + "/")):
                return why
        return ""

    def as_json(self) -> list[dict]:
        return [{"peer": peer, **line} for (peer, _), lines in self.samples.items() for line in lines]


def run_once(peer: Peer, row: str, quick: bool, results: Results) -> str:
    """Runs one row of one peer; returns what to show of it."""
    try:
        done = subprocess.run(
            peer.command(row, quick), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS
        )
        if done.returncode != 0:
            said = (done.stderr.strip().splitlines() or ["nothing said"])[0]
            raise RuntimeError(f"exit code {done.returncode}: {said[:200]}")
        lines = [json.loads(text) for text in done.stdout.splitlines()]
    except subprocess.TimeoutExpired:
        results.fail(peer.name, row, f"no result within {TIMEOUT_SECONDS} s")
        return "timed out"
    except (RuntimeError, ValueError, OSError) as error:
        results.fail(peer.name, row, str(error))
        return f"failed: {error}"
    for line in lines:
        results.add(peer.name, line)
    return ", ".join(f"{line['value']:g} {line['unit']}" for line in lines)


def selected_rows(peers: list[Peer], only: str) -> list[str]:
    """The rows in the order of the first peer, which has them all; then what only others have."""
    seen = dict.fromkeys(row for peer in peers for row in peer.rows)
    return [row for row in seen if re.search(only, row)]


def interleave(peers: list[Peer], rows: list[str], repetitions: int, quick: bool) -> Results:
    """Round-robin: each row by all peers in turn, each repetition beginning with another peer."""
    results = Results()
    for repetition in range(repetitions):
        first = repetition % len(peers)
        order = peers[first:] + peers[:first]
        for row in rows:
            for peer in order:
                if row not in peer.rows or (peer.name, row) in results.failures:
                    continue
                shown = run_once(peer, row, quick, results)
                turn = f"[{repetition + 1}/{repetitions}]"
                print(f"{turn} {row:<28} {peer.name:<12} {shown}", file=sys.stderr, flush=True)
    return results
