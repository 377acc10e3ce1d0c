#!/usr/bin/env python3
"""Puts the numbers of a run into the scenarios' READMEs, between their marks: lab/write_tables.py lab.json"""

import json
import pathlib
import sys

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PROGRAMS = {"weft_before": "weft before", "weft_after": "weft after", "go_before": "Go before", "go_after": "Go after"}


def number(value: float) -> str:
    size = abs(value)
    if size == 0:
        return "0"
    if size < 0.001:
        return "<0.001"
    if size >= 999_999.5:
        return f"{value / 1e6:.{2 if size < 9.995e6 else 1 if size < 99.95e6 else 0}f} M"
    if size >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.{3 if size < 0.0995 else 2 if size < 9.995 else 1}f}"


def cell(measure: dict, program: str) -> str:
    series = measure.get(program)
    if series is None:
        return "-"
    if isinstance(series, str):
        return series
    if series["median"] == 0 or len(series["values"]) < 2:
        return number(series["median"])
    spread = (series["most"] - series["least"]) / 2 / series["median"] * 100
    return f"{number(series['median'])} ±{spread:.0f}%"


def bar(measure: dict, which: str) -> str:
    verdict = measure[which]
    if verdict is None:
        return ""
    words = [("yes" if verdict["holds"] else "no")] if measure["decides"] else []
    if verdict["factor"] is not None:
        words.append(f"{verdict['factor']:.2f}x" if verdict["factor"] < 9.95 else f"{verdict['factor']:.0f}x")
    return " ".join(words + ([] if verdict["clear"] else ["~"]))


def table(scenario: dict) -> str:
    programs = {key: name for key, name in PROGRAMS.items() if any(key in m for m in scenario["measures"])}
    lines = ["| | " + " | ".join(programs.values()) + " | designed out | ahead |",
             "|---|" + "--:|" * (len(programs) + 2)]
    for measure in scenario["measures"]:
        if measure["better"] == "same":
            continue
        label = ": ".join(filter(None, [measure["phase"], measure["label"]]))
        label += f" ({measure['unit']})" if measure["unit"] else ""
        cells = [label] + [cell(measure, program) for program in programs]
        lines.append("| " + " | ".join(cells + [bar(measure, "designed_out"), bar(measure, "ahead")]) + " |")
    return "\n".join(lines)


def caption(result: dict, scenario: dict) -> str:
    machine = result["machine"]
    rounds = f"{result['repetitions']} rounds" + (" with --quick" if result["quick"] else "")
    words = {True: "reached", False: "not reached", None: "not judged"}
    load = f"{machine['load_average_before']:.1f} before and {machine['load_average_after']:.1f} after"
    return (f"{result['started'][:10]}, commit {machine['commit']}, {rounds}, {machine['processors']} processors "
            f"({machine['processor']}, {machine['virtualisation']}), {result['go'] or 'without Go'}, priority "
            f"{machine['priority']}, load average {load}.\n"
            f"Designed out: {words[scenario['designed_out']]}. Ahead: {words[scenario['ahead']]}. "
            "How to read it: [the lab](../../docs/lab.md#the-two-bars).")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    result = json.loads(pathlib.Path(sys.argv[1]).read_text())
    if result.get("schema") != "weft-lab/1":
        print(f"{sys.argv[1]}: not a result of weft lab (schema weft-lab/1)", file=sys.stderr)
        return 1
    for scenario in result["scenarios"]:
        readme = pathlib.Path(__file__).parent / scenario["folder"] / "README.md"
        before, _, rest = readme.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        readme.write_text(f"{before}{BEGIN}\n{table(scenario)}\n\n{caption(result, scenario)}\n{END}{after}")
        print(readme)
    return 0


if __name__ == "__main__":
    sys.exit(main())
