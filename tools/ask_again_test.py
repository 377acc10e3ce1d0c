#!/usr/bin/env python3
"""Tests of ask_again.py, against a ctest of its own: what is asked again, and what that decides."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import ask_again

# A project whose tests fail in a way of their own; `once` only the first time.
PROJECT = """
cmake_minimum_required(VERSION 3.22)
project(failures NONE)
enable_testing()
add_test(NAME good COMMAND true)
{tests}
"""
FAILURES = {
    "once": 'add_test(NAME a/once COMMAND sh -c "mkdir been_here && exit 1 || exit 0")',
    "twice": 'add_test(NAME a/twice COMMAND sh -c "mkdir first && exit 1; mkdir second && exit 1; exit 0")',
    "always": "add_test(NAME a/always COMMAND false)",
    "crash": 'add_test(NAME a/crash COMMAND sh -c "mkdir been_here && kill -SEGV $$; exit 0")',
    "hang": 'add_test(NAME a/hang COMMAND sh -c "mkdir been_here && sleep 60; exit 0")\n'
            "set_tests_properties(a/hang PROPERTIES TIMEOUT 1)",
    "report": 'add_test(NAME a/report COMMAND sh -c "mkdir been_here && '
              'echo WARNING: ThreadSanitizer: data race && exit 1 || exit 0")',
    "fatal": 'add_test(NAME a/fatal COMMAND sh -c "mkdir been_here && '
             'echo fatal error: weft: all asleep && exit 1 || exit 0")',
    "absent": "add_test(NAME a/absent COMMAND /no/such/program)",
}
FAILURES["many"] = "\n".join(f'add_test(NAME a/{i} COMMAND sh -c "mkdir {i} && exit 1 || exit 0")'
                             for i in range(ask_again.MOST + 1))


def run(failure: str) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "CMakeLists.txt").write_text(PROJECT.format(tests=FAILURES.get(failure, "")))
        subprocess.run(["cmake", "-S", folder, "-B", f"{folder}/build"], check=True, capture_output=True)
        done = subprocess.run([sys.executable, ask_again.__file__, "--test-dir", f"{folder}/build",
                               "--output-on-failure"], capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C"})
        return done.returncode, done.stdout


class AskAgain(unittest.TestCase):
    def test_all_passed(self):
        code, output = run("none")
        self.assertEqual(code, 0)
        self.assertNotIn("unstable", output)

    def test_what_fails_once_is_unstable(self):
        code, output = run("once")
        self.assertEqual(code, 0)
        self.assertIn("unstable: a/once", output)
        self.assertIn("1 tests failed out of 2", output)

    def test_what_fails_again_has_failed(self):
        for failure in ("twice", "always"):
            with self.subTest(failure):
                code, output = run(failure)
                self.assertNotEqual(code, 0)
                self.assertIn(f"a/{failure} fails when it is asked again", output)

    def test_what_no_machine_excuses_is_not_asked_again(self):
        for failure, why in (("crash", "SEGFAULT"), ("hang", "Timeout"), ("absent", "Not Run"),
                             ("report", "ThreadSanitizer"), ("fatal", "fatal error: weft"), ("many", "4 tests")):
            with self.subTest(failure):
                code, output = run(failure)
                self.assertNotEqual(code, 0)
                self.assertIn("not asked again: ", output)
                self.assertIn(why, output)


if __name__ == "__main__":
    unittest.main()
