#!/usr/bin/env python3
"""Runs the programs that must end badly and holds each end to the table: exit code and what stderr says.

usage: run.py [--sanitizer address|thread] FOLDER_OF_PROGRAMS [NAME_PART]
                         only the rows whose name contains NAME_PART; the build says what the programs are sanitized for
       run.py --table    the table as Markdown, for README.md
"""
import argparse
import dataclasses
import os
import re
import resource
import signal
import subprocess
import sys
import time

NOBODY = 65534
TIMEOUT_SECONDS = 120
ABORTED = -signal.SIGABRT  # what a shell reports as 134
# The program's faults are to end it as ever, and a child that forked while there were threads is to go on. What ends
# badly frees nothing, and the look for leaks would need a thread where a row allows none.
OWN_END = "handle_segv=0:handle_sigbus=0:handle_abort=0"
SANITIZER_OPTIONS = {"address": ("ASAN_OPTIONS", f"{OWN_END}:detect_leaks=0"),
                     "thread": ("TSAN_OPTIONS", f"{OWN_END}:die_after_fork=0")}
SANITIZER_THREADS = {"thread": 1}  # that the sanitizer starts itself
# Why a row is left out under a sanitizer.
SHADOW = "the sanitizer's shadow needs more address space than the row allows"
CHILD_UNSEEN = "TSan ignores what the forking thread does in the child, and takes what the others do for races with it"
HELD_BACK = "TSan holds a signal back until the thread's next intercepted call, and a sleeping thread makes none"


@dataclasses.dataclass
class Row:
    name: str
    program: str
    case: str
    code: int
    says: list  # regular expressions, each found in stderr
    why: str
    environment: dict = dataclasses.field(default_factory=dict)
    address_space: int = 0  # ulimit -v, in bytes
    processes: int = 0  # ulimit -u more than there are, as another user: root has no such limit
    pids: int = 0  # a pids cgroup of so many
    quit_when_ready: bool = False  # send SIGQUIT once it has said "ready"
    ignore_quit: bool = False  # started as a shell starts a background job: SIGQUIT ignored
    held_back: bool = False  # needs a signal of a sleeping thread
    child_starts: bool = False  # the child of a fork() is the first to use the runtime's threads anew

    def left_out(self):
        """Sanitizer to the reason why the row is left out under it."""
        if self.address_space:
            return dict.fromkeys(SANITIZER_OPTIONS, SHADOW)
        if self.child_starts:
            return {"thread": CHILD_UNSEEN}
        return {"thread": HELD_BACK} if self.held_back else {}


def fatal_rows():
    yield Row("exception/go", "fatal", "uncaught_in_go", ABORTED,
              [r"fatal error: unhandled exception: std::runtime_error: the hatch is stuck",
               r'goroutine \d+ "diver" \[running\]', r"open_the_hatch"], "as an unrecovered panic in Go")
    yield Row("exception/main", "fatal", "uncaught_in_main", ABORTED,
              [r"the hatch is stuck", r'goroutine 1 "main"', r"open_the_hatch"], "the main goroutine is one too")
    yield Row("exception/type", "fatal", "uncaught_of_another_type", ABORTED,
              [r"unhandled exception: int", r"goroutine \d+"], "not derived from std::exception")
    yield Row("exception/thread", "fatal", "uncaught_on_a_thread", ABORTED,
              [r"on a plain thread"], "a plain thread keeps the program's own end")
    yield Row("exception/busy", "fatal", "uncaught_while_others_run", ABORTED,
              [r"the hatch is stuck", r'"diver"', r"open_the_hatch"], "with every processor busy")
    yield Row("exception/join", "fatal", "rejoined", 3, [r"joined: the hatch is stuck"],
        "a spawn's is rethrown by join()")
    yield Row("exception/terminate", "fatal", "terminate_called", ABORTED,
              [r"fatal error: std::terminate called", r'goroutine 1 "main"'], "no exception at all")
    for case, who, limit in (("main", '"main"', r"\d+"), ("go", '"diver"', "65536"), ("after_parks", '"diver"',
        r"\d+")):
        yield Row(f"overflow/{case}", "fatal",
            f"overflow_in_{case}" if case != "after_parks" else "overflow_after_parks", ABORTED,
                  [r"fatal error: stack overflow", rf"goroutine \d+ {who}: its stack limit is {limit} bytes", r"dive"],
                  "the guard page, the signal stack, the trace")
    yield Row("segv", "fatal", "plain_segv", -signal.SIGSEGV, [], "a fault elsewhere ends as ever")
    deadlock = r"fatal error: all goroutines are asleep - deadlock!"
    yield Row("deadlock/channel", "fatal", "deadlock_on_a_channel", 2,
              [deadlock, r"\[chan (receive|send)"], "exit code 2, as Go")
    yield Row("deadlock/mutex", "fatal", "deadlock_on_a_mutex", 2, [deadlock, r"\[Mutex\.lock"], "")
    yield Row("deadlock/ended thread", "fatal", "deadlock_after_a_thread", 2, [deadlock],
              "a thread that was there a moment ago")
    yield Row("deadlock/pinned", "fatal", "deadlock_of_a_pinned_goroutine", 2, [deadlock, r"pinned to its thread"], "")
    yield Row("deadlock/resized", "fatal", "deadlock_after_a_resize", 2, [deadlock], "after set_max_procs(8), (1)")
    yield Row("deadlock/thread", "fatal", "deadlock_of_a_thread", 2, [deadlock], "a plain thread, without run()")
    yield Row("deadlock/not yet", "fatal", "no_deadlock_while_a_thread_lives", 5, [], "a plain thread may still send")
    yield Row("quit", "fatal", "quit", 2,
              [r"SIGQUIT: quit", r'goroutine \d+ "main" \[chan receive', r'goroutine \d+ "sleeper" \[sleep',
               r'goroutine \d+ "spinner" \[running'],
              "the dump of all goroutines", quit_when_ready=True, held_back=True)
    yield Row("quit/background", "fatal", "quit", 2, [r"SIGQUIT: quit", r'"sleeper"'],
              "also where a shell had it ignored", quit_when_ready=True, ignore_quit=True, held_back=True)
    yield Row("quit/taken over", "fatal", "quit_taken_over", 9, [], "the program's own handler stays",
        quit_when_ready=True)
    yield Row("quit/received", "fatal", "quit_received", 9, [],
              "taken over by signal::notify; who waits for a signal alone is not deadlocked", quit_when_ready=True,
              held_back=True)


def environment_rows():
    allowed = {
        "WEFT_MAXPROCS": (["0", "-1", "257", "two", "2x", "", "99999999999999999999", " 2"],
            r"a whole number from 1 to 256"),
        "WEFT_STACK_BYTES": (["0", "-1", "15K", "2G", "64Q", "", "K", "1.5M"], r"16K to 1G"),
        "WEFT_PREEMPT": (["on", "", "Detach"], r"detach, suspend or off"),
        "WEFT_DEBUG": (["migrate=2", "migrate", "colour=1", "schedtrace=-1", "schedtrace=3600001", "=", "migrate=1,,",
                        "migrate=1,", ",migrate=1", ","], r"migrate=0\|1"),
    }
    for variable, (values, words) in allowed.items():
        for value in values:
            yield Row(f"environment/{variable}={value}", "limits", "start_only", 78,
                      [re.escape(f'weft: {variable}="{value}": allowed is ') + ".*" + words],
                      "a service must not run on a guess", environment={variable: value})
    yield Row("environment/a value that is too long to show", "limits", "start_only", 78,
              [r'^weft: WEFT_MAXPROCS="9{100}\.\.\.": allowed is a whole number from 1 to 256\n$'],
              "cut, but the sentence is whole", environment={"WEFT_MAXPROCS": "9" * 5_000})
    yield Row("environment/a value with control characters", "limits", "start_only", 78,
              [r'^weft: WEFT_PREEMPT="off\?\?\[31mforged": allowed is'],
              "it forges no line and colours no terminal", environment={"WEFT_PREEMPT": "off\n\x1b[31mforged"})
    for variable, value in (("WEFT_MAXPROCS", "256"), ("WEFT_STACK_BYTES", "16K"), ("WEFT_STACK_BYTES", "1G"),
        ("WEFT_PREEMPT", "off"),
                            ("WEFT_PREEMPT", "suspend"), ("WEFT_DEBUG", "migrate=1,schedtrace=1000"), ("WEFT_DEBUG",
                                "")):
        yield Row(f"environment/{variable}={value} (good)", "limits", "start_only", 0, [], "an allowed value",
                  environment={variable: value})


def usage_rows():
    says = {
        "null_function_in_go": r"weft::go: the function is empty",
        "empty_function_in_spawn": r"weft::spawn: the function is empty",
        "empty_function_in_blocking": r"weft::blocking: the function is empty",
        "null_function_in_run": r"weft::run: the function is empty",
        "run_inside_run": r"weft::run: called from a goroutine",
        "negative_stack": r"stack_bytes = 18446744073709551615: allowed are 0 \(the default\) to 1073741824",
        "absurd_stack": r"stack_bytes = 1073741825: allowed",
        "too_many_processors": r"set_max_procs\(257\): allowed are 1 to 256",
        "absurd_processors": r"set_max_procs\(2147483647\): allowed are 1 to 256",
        "joined_twice": r"weft::Task::join",
        "joined_empty": r"weft::Task::join",
        "negative_capacity": r"-1",
        "absurd_capacity": r"refused: ",
        "closed_twice": r"clos",
        "send_on_closed": r"closed",
        "negative_wait_group": r"WaitGroup",
        "negative_ticker": r"-1000000000",
        "null_functions_elsewhere": r"weft::go: the function is empty",
        "wait_group_overflow": r"add\(1\): the counter would become 2147483648; allowed is 0 to 2147483647",
        "negative_semaphore": r"capacity -1: allowed is 0 or more",
        "more_than_the_semaphore_has": r"acquire\(3\): allowed are 0 to 2 units",
        "more_released_than_held": r"release\(1\): more than is held of 2 units",
        "no_workers": r"workers = 0: allowed are 1 to 1048576",
        "absurd_queue": r"queue = 9223372036854775807: allowed are 0 to 16777216",
        "limit_of_nothing": r"set_limit\(0\): allowed is 1 or more",
        "ticker_of_nothing": r"period 0 ns: allowed is above 0",
        "ticker_reset_to_nothing": r"Ticker::reset: period -5 ns: allowed is above 0",
        "pool_without_patience": r"max_idle 0 ns: allowed is above 0",
        "unlock_of_an_unlocked_mutex": r"Mutex::unlock: the mutex is not locked",
    }
    for case, words in says.items():
        yield Row(f"usage/{case}", "usage", case, 3, [words],
            "an error that the caller can catch; the runtime works on")


def limit_rows():
    gib = 1 << 30
    shortage = r"refused: weft::go: no stack of 1048576 bytes .*\(ulimit -v"
    yield Row("memory/spawn", "limits", "spawn_until_refused", 3, [shortage, r"all ended"],
              "ulimit -v: an error, and all that had started end", address_space=2 * gib)
    yield Row("memory/small stacks", "limits", "spawn_until_refused", 3, [r"refused: ", r"all ended"],
              "little room", address_space=400 << 20)
    yield Row("memory/exception", "limits", "uncaught_without_memory", ABORTED,
              [r"fatal error: unhandled exception: .*bad_alloc", r'goroutine \d+ "eater" \[running\]:\n.'],
              "the report needs no memory", address_space=400 << 20)
    yield Row("memory/overflow", "limits", "overflow_without_memory", ABORTED,
              [r'fatal error: stack overflow\n\ngoroutine 1 "main": its stack limit is \d+ bytes.*\n.'],
              "neither does this one", address_space=400 << 20)
    yield Row("memory/deadlock", "limits", "deadlock_without_memory", 2,
              [r"all goroutines are asleep - deadlock!\n\n(weft: the dump ends here: out of memory|goroutine 1 )"],
              "as much of the dump as there is room for", address_space=400 << 20)
    for megabytes in (40, 60, 90, 140):
        yield Row(f"memory/start {megabytes} MiB", "limits", "start_only", None, [],
                  "starts, or says what is missing", address_space=megabytes << 20)
    for extra in (0, 1, 2, 3):
        yield Row(f"threads/start +{extra}", "limits", "start_only", 3 if extra < 2 else 0,
                  [r"refused: weft: .*thread.*ulimit -u"] if extra < 2 else [],
                      "ulimit -u: one machine and the monitor are the least",
                  processes=1 + extra)
    yield Row("threads/start again", "limits", "start_again", ABORTED,
              [r"refused: weft: not one thread", r"refused: weft: the monitor's thread", r"the thread's own end"],
              "a failed start can be tried again", processes=20, child_starts=True)
    yield Row("threads/blocked", "limits", "block_many_threads", 0,
              [r"weft: no further thread can be made \(limit of threads", r"400 of 400 ended"],
              "ulimit -u: blocked goroutines take turns", processes=20)
    yield Row("threads/one machine", "limits", "block_many_threads", 0, [r"400 of 400 ended"],
              "ulimit -u: one machine for all", processes=3)
    yield Row("threads/pids cgroup", "limits", "block_many_threads", 0,
              [r"weft: no further thread can be made", r"400 of 400 ended"], "the same by a container's limit", pids=20)
    yield Row("preempt/detach", "limits", "spinner_on_one_processor", 0, [], "a spinner loses its processor")
    yield Row("preempt/off", "limits", "spinner_on_one_processor", -signal.SIGALRM, [], "the opposite, when asked for",
              environment={"WEFT_PREEMPT": "off"})
    for case in ("fork_with_many_goroutines", "fork_and_exit", "fork_on_one_processor", "fork_on_a_thread",
                 "fork_of_every_kind"):
        yield Row(f"fork/{case}", "limits", case, 4, [], "the child has one goroutine, and goes on; so does the parent")
    yield Row("fork/deadlock", "limits", "deadlock_in_a_child", 2, [r"all goroutines are asleep"],
        "the child is watched too")


def table():
    for rows in (fatal_rows, environment_rows, usage_rows, limit_rows):
        yield from rows()


class PidsGroup:
    """A pids cgroup under this process's own, where one can be made."""

    def __init__(self, limit):
        self.path = None
        self.reason = "no pids cgroup can be made here"
        for base in self._candidates():
            path = os.path.join(base, f"weft-crash-{os.getpid()}")
            try:
                os.mkdir(path)
                with open(os.path.join(path, "pids.max"), "w") as f:
                    f.write(str(limit))
                self.path = path
                return
            except OSError as error:
                self.reason = f"no pids cgroup can be made here ({error})"
                if os.path.isdir(path):
                    os.rmdir(path)

    @staticmethod
    def _candidates():
        with open("/proc/self/cgroup") as f:
            lines = f.read().split()
        for line in lines:
            _, controllers, own = line.split(":", 2)
            if "pids" in controllers.split(","):
                yield "/sys/fs/cgroup/pids" + own
                yield "/sys/fs/cgroup/pids"
            if not controllers:
                yield "/sys/fs/cgroup" + own

    def enter(self):
        with open(os.path.join(self.path, "cgroup.procs"), "w") as f:
            f.write("0")

    def remove(self):
        for _ in range(50):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.05)


def threads_of(uid):
    """How many threads run as `uid`: what RLIMIT_NPROC counts."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{pid}").st_uid == uid:
                count += len(os.listdir(f"/proc/{pid}/task"))
        except OSError:
            continue
    return count


def reason_to_skip(row, group, sanitizer):
    if row.processes and os.getuid() != 0:
        return "only root can become another user"
    if row.pids and group.path is None:
        return group.reason
    return row.left_out().get(sanitizer)


def environment_of(row, sanitizer):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WEFT_")}
    environment.update(row.environment)
    if sanitizer:
        variable, options = SANITIZER_OPTIONS[sanitizer]
        environment[variable] = f"{environment.get(variable, '')}:{options}"
        if sanitizer == "thread" and row.name.startswith("fork/"):
            environment[variable] += ":report_bugs=0"  # it looks at half of what the child does; see fork_stress.cc
    return environment


def prepare(row, group, sanitizer):
    def in_child():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if row.ignore_quit:
            signal.signal(signal.SIGQUIT, signal.SIG_IGN)
        if row.pids:
            group.enter()
        if row.address_space:
            resource.setrlimit(resource.RLIMIT_AS, (row.address_space, row.address_space))
        if row.processes:
            limit = threads_of(NOBODY) + row.processes + SANITIZER_THREADS.get(sanitizer, 0)
            resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    return in_child


def run(row, folder, group, sanitizer):
    command = [os.path.join(".", row.program), row.case]  # from its folder: nobody may not go through root's home
    child = subprocess.Popen(command, cwd=folder, env=environment_of(row, sanitizer), stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             preexec_fn=prepare(row, group, sanitizer))
    before = b""
    if row.quit_when_ready:
        while b"ready\n" not in before:
            line = child.stderr.readline()
            if not line:
                break
            before += line
        child.send_signal(signal.SIGQUIT)
    try:
        _, rest = child.communicate(timeout=TIMEOUT_SECONDS)
        return child.returncode, (before + rest).decode(errors="replace")
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGQUIT)
        time.sleep(2)
        child.kill()
        _, rest = child.communicate()
        return None, (before + rest).decode(errors="replace") + f"\n(no end within {TIMEOUT_SECONDS} s)"


def faults(row, code, said):
    if row.code is None:  # either it works, or it says why not
        if code not in (0, 3):
            yield f"exit code {code}, expected 0 or 3"
        if code != 0 and "weft" not in said:
            yield "it ended without a word of what is missing"
    elif code != row.code:
        yield f"exit code {code}, expected {row.code}"
    if re.search(r"Sanitizer: |runtime error: ", said):
        yield "a sanitizer has something to say"
    for pattern in row.says:
        if re.search(pattern, said) is None:
            yield f"stderr lacks /{pattern}/"


def print_table():
    print("| row | exit code | stderr has | why | left out under |\n|---|---|---|---|---|")
    for row in table():
        code = {ABORTED: "134 (abort)", -signal.SIGSEGV: "139 (SIGSEGV)", -signal.SIGALRM: "142 (SIGALRM)",
            None: "0, or 3 with a message"}.get(row.code, row.code)
        says = "; ".join(f"`{pattern}`" for pattern in row.says).replace("|", "\\|")
        left_out = ", ".join({"address": "ASan", "thread": "TSan"}[name] for name in row.left_out())
        print(f"| {row.name} | {code} | {says} | {row.why} | {left_out} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("name_part", nargs="?", default="")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--sanitizer", choices=sorted(SANITIZER_OPTIONS))
    arguments = parser.parse_args()
    if arguments.table:
        print_table()
        return 0
    failed = skipped = ran = 0
    for row in table():
        if arguments.name_part not in row.name:
            continue
        group = PidsGroup(row.pids) if row.pids else None
        reason = reason_to_skip(row, group, arguments.sanitizer)
        if reason:
            skipped += 1
            print(f"skipped  {row.name}: {reason}")
            continue
        code, said = run(row, arguments.folder, group, arguments.sanitizer)
        if group:
            group.remove()
        wrong = list(faults(row, code, said))
        ran += 1
        failed += bool(wrong)
        print(f"{'FAILED ' if wrong else 'ok     '}  {row.name}")
        if wrong:
            print("\n".join(f"    {fault}" for fault in wrong))
            print("\n".join(f"    | {line}" for line in said.splitlines()[:60]))
    print(f"{ran} rows ran, {failed} failed, {skipped} skipped")
    return 1 if failed or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
