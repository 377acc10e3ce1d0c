#!/usr/bin/env python3
"""Tests of the benchmark tools: the numbers in the document follow from the samples, and the row check can fail."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

from bench_check import problems
from bench_report import Report, number, read_limits, write
from bench_run import Peer, Results, interleave, run_once


def report(**changes) -> Report:
    results = Results()
    for value in (9.0, 11.0, 10.0):
        results.add("weft", {"name": "yield@1", "value": value, "unit": "ns"})
    for value in (40.0, 60.0, 50.0):
        results.add("Go", {"name": "yield@1", "value": value, "unit": "ns"})
    defaults = dict(results=results, peers=["weft", "Go"], facts=[], command="make bench", repetitions=3, target="")
    return Report(**{**defaults, **changes})


class Document(unittest.TestCase):
    def test_median_spread_ratio_goal(self):
        cells = "10.0 [9.00, 11.0] | 50.0 [40.0, 60.0] | 0.20 | 12.0, 0.16 x Go | yes"
        self.assertIn(f"| yield between two goroutines, 1 processor | ns | {cells} |", write(report()))

    def test_a_missed_goal_says_why(self):
        slow = report(limits={"yield@1": "the switch itself"})
        slow.results.samples["weft", "yield@1"] = [{"name": "yield@1", "value": 80.0, "unit": "ns"}]
        text = write(slow)
        self.assertIn("**no**", text)
        self.assertIn("- missed: yield between two goroutines, 1 processor: the switch itself", text)
        self.assertIn("Behind Go: yield between two goroutines", text)

    def test_a_goal_is_met_by_the_ratio_too(self):
        busy = report()
        busy.results.samples["weft", "yield@1"] = [{"name": "yield@1", "value": 30.0, "unit": "ns"}]
        self.assertIn("0.60 | 12.0, 0.16 x Go | **no**", write(busy))
        busy.results.samples["Go", "yield@1"] = [{"name": "yield@1", "value": 300.0, "unit": "ns"}]
        self.assertIn("0.10 | 12.0, 0.16 x Go | yes", write(busy))

    def test_a_failure_is_named(self):
        broken = report()
        broken.results.fail("weft", "parked_1m", "exit code 2: out of memory")
        broken.results.add("Go", {"name": "parked_1m/wake", "value": 1, "unit": "ns"})
        text = write(broken)
        self.assertIn("| wake and finish, default stacks | ns | failed | 1.00 |", text)
        self.assertIn("- weft, `parked_1m`: exit code 2: out of memory", text)

    def test_numbers(self):
        shown = [number(value) for value in (0, 0.0123, 0.5, 1.234, 12.34, 123.4, 12345.6)]
        self.assertEqual(shown, ["0", "0.012", "0.50", "1.23", "12.3", "123", "12,346"])

    def test_limits_file(self):
        limits = read_limits(Path(__file__).resolve().parent.parent / "bench/limits.txt")
        self.assertNotIn("#", limits)


class Running(unittest.TestCase):
    def script(self, text: str) -> Peer:
        peer = Peer("weft", Path(sys.executable), rows=["row"])
        peer.command = lambda row, quick: [sys.executable, "-c", text]
        return peer

    def test_lines_are_collected(self):
        results = Results()
        run_once(self.script("print('{\"name\": \"row\", \"value\": 3, \"unit\": \"ns\"}')"), "row", False, results)
        self.assertEqual(results.of("weft", "row"), [3])

    def test_failures_are_kept_and_not_repeated(self):
        results = interleave([self.script("import sys; sys.exit('boom')")], ["row"], repetitions=3, quick=False)
        self.assertEqual(results.failures, {("weft", "row"): "exit code 1: boom"})
        results = interleave([self.script("print('noise')")], ["row"], repetitions=1, quick=False)
        self.assertIn(("weft", "row"), results.failures)


class RowCheck(unittest.TestCase):
    def test_agreement(self):
        self.assertEqual(problems({"a", "b"}, {"a", "b"}, {"a", "b/x", "start/main"}), [])

    def test_each_disagreement(self):
        self.assertEqual(problems({"a"}, set(), {"a"}), ["a: no Go twin"])
        self.assertEqual(problems({"a"}, {"a", "b"}, {"a"}), ["b: only in Go"])
        self.assertEqual(problems({"a"}, {"a"}, set()), ["a: not in tools/bench_rows.py"])
        expected = ["b: in tools/bench_rows.py, but no program measures it"]
        self.assertEqual(problems({"a"}, {"a"}, {"a", "b"}), expected)


if __name__ == "__main__":
    unittest.main()
