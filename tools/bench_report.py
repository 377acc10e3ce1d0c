"""Writes the results as docs/benchmarks.md: medians and spread, ratio to Go, goals, the machine."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench_rows import ROWS, SECTIONS, Row
from bench_run import Results

METHOD = """\
Each program does the same work with the same sizes and reads the clock at the same points. A row runs in a process of
its own: weft, Go and the others by turns, {repetitions} times, each time beginning with another one. A measurement
grows its number of operations until it takes {target} or more. A cell is the median, with the lowest and the highest
value in brackets; lower is better everywhere. The ratio is that of the medians. The goals were set before weft was
written, on a machine of two cores where Go 1.27 was measured too; "0.16 x Go" is what the goal was to Go's figure
there. A goal is met by the median or, since a slower machine is slower for both, by the ratio to Go of the same run.

- Lateness: the value is the 99th percentile; the median and the worst case stand in the table above. A tick of the 1 ms
  ticker is due at the first full millisecond after the last receipt; it is watched for two seconds.
- The socket's reader compares with the time that a thread outside of the runtime writes every 2 ms. Go's waits in its
  poller, weft's in a plain `read()`, which blocks its thread: what a library's own socket does.
- The C that is called is one file on both sides. An empty call's time is what its caller sees.
- Go has one kind of stack: its column shows the same measurement beside both of weft's sizes.
- exec to main: one launcher starts all; in the column of std::thread stands a C program. Go's program is linked whole:
  the row with libstdc++ linked in is the one to hold beside it.
"""


@dataclass
class Report:
    results: Results
    peers: list[str]  # in the order of the columns; weft first
    facts: list[tuple[str, str]]
    command: str
    repetitions: int
    target: str
    remarks: list[str] = field(default_factory=list)  # missing peers, a busy machine
    limits: dict[str, str] = field(default_factory=dict)  # why a goal is missed, by row


def number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


def unit_of(report: Report, row: Row) -> str:
    for peer in report.peers:
        for line in report.results.samples.get((peer, name_for(row, peer)), []):
            return line["unit"]
    return ""


def name_for(row: Row, peer: str) -> str:
    return row.name if peer == "weft" else row.name_elsewhere


def cell(report: Report, row: Row, peer: str) -> str:
    values = report.results.of(peer, name_for(row, peer))
    if not values:
        return "failed" if report.results.failure(peer, name_for(row, peer)) else ""
    spread = f" [{number(min(values))}, {number(max(values))}]" if len(values) > 1 else ""
    return f"{number(median(values))}{spread}"


def ratio_to_go(report: Report, row: Row) -> float | None:
    ours, theirs = report.results.of("weft", row.name), report.results.of("Go", row.name_elsewhere)
    if not ours or not theirs or median(theirs) == 0:
        return None
    return median(ours) / median(theirs)


def met(report: Report, row: Row) -> bool | None:
    values = report.results.of("weft", row.name)
    if row.goal is None or not values:
        return None
    if median(values) <= row.goal:
        return True
    ratio = ratio_to_go(report, row)
    return row.goal_ratio is not None and ratio is not None and ratio <= row.goal_ratio


def goal_text(row: Row) -> str:
    if row.goal is None:
        return ""
    return number(row.goal) + (f", {row.goal_ratio:.2f} x Go" if row.goal_ratio else "")


def table(header: list[str], rows: list[list[str]], numbers_from: int) -> list[str]:
    rule = ["---" if i < numbers_from else "---:" for i in range(len(header))]
    return ["| " + " | ".join(line) + " |" for line in [header, rule, *rows]]


def main_table(report: Report, rows: list[Row]) -> list[str]:
    lines = []
    for row in rows:
        cells = [cell(report, row, peer) for peer in report.peers]
        if not any(cells):
            continue
        verdict = {None: "", True: "yes", False: "**no**"}[met(report, row)]
        ratio = ratio_to_go(report, row)
        ratio_text = "" if ratio is None else f"{ratio:.2f}"
        lines.append([row.title, unit_of(report, row), *cells, ratio_text, goal_text(row), verdict])
    if not lines:
        return []
    return table(["what", "unit", *report.peers, "weft / Go", "goal", "met"], lines, numbers_from=2)


def detail_table(report: Report) -> list[str]:
    """What goes with the values: p50 and max of the latency rows, and whatever else a program added."""
    lines = []
    for row in ROWS:
        for peer in report.peers:
            sample = next(iter(report.results.samples.get((peer, name_for(row, peer)), [])), {})
            keys = [key for key in sample if key not in ("name", "value", "unit")]
            if not keys or row.twin and row.twin != row.name and peer != "weft":
                continue
            medians = {key: number(median(report.results.of(peer, name_for(row, peer), key))) for key in keys}
            known = [medians.pop(key, "") for key in ("p50", "p99", "max")]
            if known[0] and not known[1]:
                known[1] = number(median(report.results.of(peer, name_for(row, peer))))
            others = ", ".join(f"{key} {value}" for key, value in medians.items())
            lines.append([row.title, peer, *known, others])
    return table(["what", "who", "p50", "p99", "max", "besides"], lines, numbers_from=2) if lines else []


def goal_lines(report: Report) -> list[str]:
    judged = [row for row in ROWS if met(report, row) is not None]
    missed = [row for row in judged if not met(report, row)]
    behind = [row for row in ROWS if (ratio_to_go(report, row) or 0) > 1]
    lines = [f"{len(judged) - len(missed)} of {len(judged)} goals are met."]
    lines.append(f"Behind Go: {', '.join(row.title for row in behind)}." if behind else "No row is behind Go.")
    for row in missed:
        why = report.limits.get(row.name, "")
        lines.append(f"- missed: {row.title}" + (f": {why}" if why else ""))
    return lines


def failure_lines(report: Report) -> list[str]:
    return [f"- {peer}, `{row}`: {why}" for (peer, row), why in report.results.failures.items()]


def write(report: Report) -> str:
    lines = ["# Benchmarks", "", f"Written by `{report.command}`; do not edit.", ""]
    lines += [f"- {key}: {value}" for key, value in report.facts] + [""]
    lines += [f"- {remark}" for remark in report.remarks] + ([""] if report.remarks else [])
    for title, rows in SECTIONS:
        body = main_table(report, rows)
        if body:
            lines += [f"## {title}", "", *body, ""]
    lines += ["## Goals", "", *goal_lines(report), ""]
    if report.results.failures:
        lines += ["## Failed", "", *failure_lines(report), ""]
    lines += ["## Beside the values", "", *detail_table(report), ""]
    method = METHOD.format(repetitions=report.repetitions, target=report.target)
    return "\n".join(lines + ["## How it is measured", "", method])


def read_limits(path: Path) -> dict[str, str]:
    """The file says `row: why its goal is missed`; indented lines go on, lines that begin with # are for its reader."""
    text = path.read_text() if path.exists() else ""
    found = re.findall(r"^(?!#)(\S+): (.+(?:\n  .+)*)$", text, re.M)
    return {row: " ".join(why.split()) for row, why in found}
