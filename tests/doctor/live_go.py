#!/usr/bin/env python3
"""`weft doctor` at the debug servers of real Go programs, each with one illness, and the same with the lever pulled.

usage: live_go.py [--full | --scenarios 03,05b] [--go PROGRAM] [--build FOLDER] WEFT [ARGUMENT...]
exit code 77: there is no Go. It runs WEFT ARGUMENT... http://127.0.0.1:PORT --seconds N --json -
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 60  # seconds until a program is in the state that its scenario is about
WINDOW = 3  # seconds of CPU profile: 300 samples of one core, three times what the doctor asks for
LEAST_SAMPLES = 100  # below them it judges no share


@dataclasses.dataclass
class Case:
    scenario: str
    mode: str
    must: tuple = ()  # findings that have to be there
    may: tuple = ()  # that are true as well, on one machine or another; all others are false alarms
    cannot: tuple = ()  # rules that have to say that they cannot judge
    seconds: int = WINDOW
    metrics: str = "all"
    ask: tuple = ()  # of the doctor: --leaks, "pid", "binary", "stderr": the program's as --log
    only: bool = True  # look at its debug server
    env: dict = dataclasses.field(default_factory=dict)
    quick: bool = False
    since: int = 0  # the first Go release 1.N that shows it
    build: str = "plain"
    run: str = "look"  # or "signal", "quota"

    def name(self):
        extra = "".join("+" + word.lstrip("-") for word in self.ask)
        return "%s-%s%s%s" % (self.scenario, self.mode, extra, "" if self.metrics == "all" else "/" + self.metrics)


PIPELINE = ("R2", "R2/S05b", "R5/S03", "R5")
SCHEDTRACE = {"GODEBUG": "schedtrace=200"}
CASES = [
    Case("idle", "before", quick=True, ask=("pid",)),
    Case("healthy", "before"),
    Case("healthy", "before", ("S14",), ask=("pid",)),
    Case("echo", "before"),
    Case("web", "before"),
    Case("parked", "before"),
    Case("mutex", "before"),
    Case("01", "before", ("S01",), ask=("stderr",), env={"GODEBUG": "inittrace=1"}, only=False),
    Case("01", "after", ask=("stderr",), env={"GODEBUG": "inittrace=1"}, only=False),
    Case("02", "before", ("R6/S02",), quick=True, since=26),
    Case("02", "before", ("R6/S02",), ask=("stderr",), env=SCHEDTRACE),
    Case("02", "after"),
    Case("02b", "before", ("R5/S02b",), may=("R1/S03", "R2", "R2/S05b")),
    Case("02b", "after", may=()),
    Case("02leak", "before", ("R6",)),
    Case("02leak", "before", ("R6/S02-leak",), ask=("--leaks",), quick=True, since=27),
    Case("02leak", "after", ask=("--leaks",)),
    Case("03", "before", ("R1/S03",), may=PIPELINE, quick=True),
    Case("03", "before", ("R1/S03",), may=PIPELINE, metrics="none"),
    Case("03", "after", quick=True),
    Case("04", "before", ("R4/S04",), build="cgo"),
    Case("04", "after", build="cgo"),
    Case("05a", "before", ("R2/S05a",), may=("R1/S03",)),
    Case("05a", "after", may=("R1/S03",)),
    Case("05b", "before", ("R2/S05b", "R1/S03"), quick=True),
    Case("05b", "before", ("R2/S05b", "R1/S03"), metrics="default"),
    Case("05b", "after", ("R1/S03",), may=("R2",), quick=True),
    Case("05c", "before", ("R2/S05c",), may=("R1/S03",), since=21),  # before it, no metric tells the limit
    Case("05c", "before", ("R2/S05c",), may=("R1/S03",), since=21, metrics="default"),
    Case("05c", "after", may=("R1/S03",)),
    Case("06", "before", ("S06",), since=21),
    Case("06", "before", cannot=("S06",), metrics="default"),  # of which the live heap under a limit does not follow
    Case("06", "after"),
    Case("07", "before", ("R1/S07",), may=("R2", "R2/S05b")),
    Case("07", "after"),
    Case("08", "before", ("S08",)),
    Case("08", "after"),
    Case("09", "before", ("R4/S09",), quick=True),
    Case("09", "after"),
    Case("10", "before", ("S10",), run="signal"),
    Case("10", "after", run="signal"),
    Case("12", "before", ("R3/S12",), quick=True),
    Case("12", "after"),
    Case("gosched", "before", ("R5",)),
    Case("gosched", "after"),
    Case("idle", "before", ask=("binary",), only=False, quick=True),
    Case("idle", "after", ask=("binary",), only=False, build="stripped"),
    Case("healthy", "before", ask=("binary",), build="guided", since=21),
    Case("healthy", "before", ("S11",), may=("S14",), run="quota", ask=("pid",), env={"GOMAXPROCS": "8"}),
]


def find_go(wanted):
    """The one that the user chose; else the one on PATH; else the newest of Debian's."""
    packaged = sorted(pathlib.Path("/usr/lib").glob("go-1.*/bin/go"),
                      key=lambda path: -int(re.search(r"go-1\.(\d+)", str(path)).group(1)))
    for candidate in [wanted] if wanted else [shutil.which("go"), *packaged, "/usr/local/go/bin/go"]:
        version = go_version(candidate) if candidate else None
        if version:
            return str(candidate), version
    return None, None


def go_version(program):
    try:
        said = subprocess.run([program, "version"], capture_output=True, text=True, timeout=20,
                              env={**os.environ, "GOTOOLCHAIN": "local"}).stdout
    except OSError:
        return None
    found = re.match(r"go version go1\.(\d+)", said)
    return int(found.group(1)) if found else None


class Programs:
    """The Go program as each case needs it, built once."""

    def __init__(self, go, folder):
        self.go, self.folder, self.built = go, folder, {}
        self.profile = folder / "cpu.pb.gz"

    def get(self, build):
        if build not in self.built:
            self.built[build] = self.make(build)
        return self.built[build]

    def make(self, build):
        flags = {"stripped": ["-trimpath", "-ldflags=-s -w"], "guided": ["-pgo=%s" % self.profile]}.get(build, [])
        if build == "guided":
            self.take_profile()
        program = self.folder / ("live-" + build)
        env = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off",
               "GOCACHE": str(self.folder / "cache"), "CGO_ENABLED": "1" if build == "cgo" else "0"}
        subprocess.run([self.go, "build", *flags, "-o", program, "."], cwd=HERE / "live", env=env, check=True)
        return program

    def take_profile(self):
        with Live(self.get("plain"), Case("healthy", "before"), self.folder) as live:
            shutil.copyfileobj(live.open("/debug/pprof/profile?seconds=1"), open(self.profile, "wb"))


class Live:
    """The program in the state that its scenario is about."""

    def __init__(self, program, case, folder):
        self.program, self.errors = program, folder / "stderr.txt"
        command = [program, "-scenario", case.scenario, "-mode", case.mode, "-metrics", case.metrics]
        env = {**os.environ, "GOMAXPROCS": "2", **case.env}
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=env, text=True)

    def __enter__(self):
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        try:
            self.address = self.read_line().split()[1]
            if self.read_line() != "ready\n":
                raise RuntimeError("%s did not get ready: %s" % (self.program, self.errors.read_text()[-2000:]))
        except BaseException:
            self.__exit__()
            raise
        finally:
            watchdog.cancel()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def read_line(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("%s ended: %s" % (self.program, self.errors.read_text()[-2000:]))
        return line

    def open(self, path):
        return urllib.request.urlopen("http://%s%s" % (self.address, path), timeout=PATIENCE)


class Quota:
    """A control group of half a CPU; None inside where this user may make none."""

    PERIOD, QUOTA = 100000, 50000  # microseconds

    def __enter__(self):
        name = "weft-live-go-%d" % os.getpid()
        for root, files in [("/sys/fs/cgroup", {"cpu.max": "%d %d" % (self.QUOTA, self.PERIOD)}),
                            ("/sys/fs/cgroup/cpu", {"cpu.cfs_period_us": self.PERIOD, "cpu.cfs_quota_us": self.QUOTA})]:
            self.folder = pathlib.Path(root) / name
            try:
                self.folder.mkdir()
                for file, text in files.items():
                    if not (self.folder / file).exists():
                        raise OSError(file)
                    (self.folder / file).write_text(str(text))
                return self
            except OSError:
                if self.folder.is_dir():
                    self.folder.rmdir()
        self.folder = None
        return self

    def add(self, pid):
        (self.folder / "cgroup.procs").write_text(str(pid))

    def __exit__(self, *_):
        end = time.monotonic() + PATIENCE
        while self.folder and self.folder.is_dir():
            try:
                self.folder.rmdir()
            except OSError:  # the kernel has not yet let go of the process
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)


class Doctor:
    def __init__(self, command):
        self.command = command

    def ask(self, arguments):
        """The report, and what is wrong with how it came."""
        done = subprocess.run([*self.command, *map(str, arguments), "--json", "-", "--quiet"], capture_output=True,
                              text=True, timeout=2 * PATIENCE)
        if done.returncode not in (0, 1):
            return None, ["exit code %d: %s" % (done.returncode, done.stderr)]
        report = json.loads(done.stdout)
        asks = report["worst"] in ("warning", "high")
        wrong = [] if done.returncode == asks else ["exit code %d, worst %s" % (done.returncode, report["worst"])]
        return report, wrong + (["it said on stderr: " + done.stderr] if done.stderr else [])

    def look(self, case, programs):
        program = programs.get(case.build)
        with tempfile.TemporaryDirectory() as folder, Live(program, case, programs.folder) as live:
            if not case.only:
                return self.ask(self.arguments(case, live))
            saved = pathlib.Path(folder) / "saved"
            report, wrong = self.ask([*self.arguments(case, live), "--save", saved])
            return report, wrong or self.differs(report, [saved, *self.beside_the_folder(case, live)])

    @staticmethod
    def beside_the_folder(case, live):
        """What the folder does not keep: it has what the server and /proc said."""
        if "pid" in case.ask:
            yield from ["--binary", live.program]
        if "stderr" in case.ask:
            yield from ["--log", live.errors]

    def differs(self, report, arguments):
        """What is wrong with the report on what was kept, beside the one on the live program."""
        again, wrong = self.ask(arguments)
        ids = [[finding["id"] for finding in each["findings"]] for each in (report, again) if each]
        return wrong + (["the folder that was kept shows %s" % ids[1:]] if ids[1:] != ids[:1] else [])

    def arguments(self, case, live):
        yield from ["http://" + live.address] if case.only else []
        yield from ["--seconds", case.seconds]
        for word in case.ask:
            yield from {"pid": ["--pid", live.process.pid], "binary": ["--binary", live.program],
                        "stderr": ["--log", live.errors]}.get(word, [word])

    def look_under_quota(self, case, programs):
        with Quota() as quota:
            if not quota.folder:
                return None, None
            with Live(programs.get(case.build), case, programs.folder) as live:
                quota.add(live.process.pid)
                return self.ask(self.arguments(case, live))

    def watch_the_end(self, case, programs):
        """Two signals half a second apart, as somebody does who is in a hurry."""
        log = programs.folder / "timeline.log"
        with Live(programs.get(case.build), case, programs.folder) as live:
            start = time.monotonic()
            lines = []
            for number in (1, 2):
                lines.append("t=%.3f SIGTERM #%d" % (time.monotonic() - start, number))
                live.process.send_signal(signal.SIGTERM)
                try:
                    live.process.wait(0.5 if number == 1 else PATIENCE)
                except subprocess.TimeoutExpired:
                    pass
            lines.append("t=%.3f exit rc=%d" % (time.monotonic() - start, live.process.returncode))
        log.write_text("\n".join(lines) + "\n")
        return self.ask(["--log", log])


def expected(case):
    """Whoever sees an executable as the compiler leaves it sees its symbols."""
    return {*case.must, *(["S13"] if {"pid", "binary"} & {*case.ask} and case.build != "stripped" else [])}


def problems(case, report):
    found = [finding["id"] for finding in report["findings"]]
    for missing in expected(case) - set(found):
        yield "%s is missing" % missing
    for wrong in set(found) - expected(case) - set(case.may):
        yield "%s is a false alarm" % wrong


    outcomes = {rule["rule"]: rule["outcome"] for rule in report["rules"]}
    for rule in case.cannot:
        if outcomes[rule] != "cannot_judge":
            yield "%s is %s, and cannot be known" % (rule, outcomes[rule])


def judge(case, doctor, programs):
    begin = time.monotonic()
    run = {"look": doctor.look, "signal": doctor.watch_the_end, "quota": doctor.look_under_quota}[case.run]
    report, wrong = run(case, programs)
    if wrong is None:
        print("%-24s skipped: no control group may be made here" % case.name())
        return True
    if report:
        wrong += problems(case, report)
    if wrong and report and case.seconds == WINDOW and (report["cpu_samples"] or LEAST_SAMPLES) < LEAST_SAMPLES:
        print("%-24s the machine is busy: %d samples; a longer look" % (case.name(), report["cpu_samples"]))
        return judge(dataclasses.replace(case, seconds=5 * WINDOW), doctor, programs)
    found = " ".join(f["id"] + ("" if f["act"] else "(not to act on)") for f in report["findings"]) if report else ""
    print("%-24s %4.1f s  %s%s" % (case.name(), time.monotonic() - begin, found or "-",
                                   "  WRONG: " + "; ".join(wrong) if wrong else ""), flush=True)
    if wrong:
        print(json.dumps(report, indent=1), flush=True)
    return not wrong


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="every case; without it those that are marked as quick")
    parser.add_argument("--scenarios", help="every case of these, with commas between")
    parser.add_argument("--go", help="the go program")
    parser.add_argument("--build", type=pathlib.Path, help="a folder to build in; what is there is used again")
    parser.add_argument("weft", nargs=argparse.REMAINDER)
    return parser.parse_args()


def wanted(options, release):
    has_c = shutil.which(os.environ.get("CC", "gcc"))
    names = options.scenarios.split(",") if options.scenarios else None
    for case in CASES:
        chosen = case.scenario in names if names else options.full or case.quick
        if chosen and release >= case.since and (has_c or case.build != "cgo"):
            yield case


def main():
    options = arguments()
    go, release = find_go(options.go)
    if not go:
        print("skipped: no Go is installed")
        return 77
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.build or pathlib.Path(temporary)) / ("go-1.%d" % release)
        folder.mkdir(parents=True, exist_ok=True)
        programs, doctor = Programs(go, folder.resolve()), Doctor(options.weft)
        cases = list(wanted(options, release))
        wrong = [case.name() for case in cases if not judge(case, doctor, programs)]
    print("Go 1.%d: %d cases, %d wrong%s" % (release, len(cases), len(wrong), ": " + ", ".join(wrong) if wrong else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
