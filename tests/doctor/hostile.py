#!/usr/bin/env python3
"""`weft doctor` at files that are hostile, damaged, or another program's: what it says of each, how it ends, and what
it takes meanwhile.

usage: hostile.py [--no-limits] PROGRAM [NAME_PART]
    --no-limits  of memory, and with the longest texts a tenth as long: for sanitizers
    NAME_PART    only the cases whose names contain it

Exit code 2 is for what can't be used at all, with the file and the reason on stderr; what says little is judged by the
little it says. No case may take more than MOST_CPU_SECONDS (four times that without limits), nor, with limits, more
than MOST_RESIDENT_BYTES of memory and MOST_ADDRESS_SPACE; one that waits takes none of these, and has until
LONGEST_SECONDS.
"""
import argparse
import dataclasses
import gzip
import json
import os
import pathlib
import random
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import zlib

from made_profile import (CPU_STRINGS, CPU_TYPES, GO_NAMES, TEN_MS, busy_go_profile, bytes_field, cpu_profile, function,
                          location, number_field, sample, value_type, varint)

PROGRAM = []  # one: set by main()
TEXT_SHARE = [1]  # of the longest texts; set by main()
DATA = pathlib.Path(__file__).resolve().parent.parent / "data/doctor"
MOST_CPU_SECONDS = 30
LONGEST_SECONDS = 300
MOST_ADDRESS_SPACE = 3 << 29
MOST_RESIDENT_BYTES = 600 << 20
MIB = 1 << 20
USED, FINDINGS, UNUSABLE = 0, 1, 2  # exit codes
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def endless_gzip(chunk, times):
    """A gzip stream of `chunk` followed by so many MiB of zeros, all in a few KB; only its end is wrong."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    once = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + head + once * times


# ---------------------------------------------------------------- cases

@dataclasses.dataclass
class Case:
    name: str
    make: object  # of a folder: the arguments; None: not here
    codes: tuple = (UNUSABLE,)
    says: tuple = ()  # regular expressions, in what it prints
    check: object = None  # of stdout: what is wrong, or None
    also_reports: bool = False  # in spite of exit code 2


def one_file(name, content, *options):
    """Writes a file when the case runs, and names it."""
    def make(folder):
        (folder / name).write_bytes(content() if callable(content) else content)
        return [str(folder / name), *options]
    return make


def unusable(name, file_name, content, reason):
    return Case(name, one_file(file_name, content), (UNUSABLE,), (rf"{re.escape(file_name)}: .*{reason}",))


def captured(path):
    return (DATA / path).read_bytes()


def damaged_profiles():
    packed = captured("03-before/cpu.pb.gz")
    for offset in [*range(1, 30, 3), *range(30, len(packed), len(packed) // 12)]:
        yield unusable(f"gzip cut at {offset}", "cpu.pb.gz", packed[:offset],
                       "(gzip|truncated|not recogn|damaged|no prot)")
    plain = gzip.decompress(packed)
    for offset in range(len(plain) // 9, len(plain), len(plain) // 9):
        yield unusable(f"profile cut at {offset}", "cpu.pb", plain[:offset], "(truncated|cut short|damaged)")
    yield unusable("bytes after the gzip", "cpu.pb.gz", packed + b"junk", "no gzip follow")
    yield unusable("no string", "cpu.pb", busy_go_profile(extra=function(9, 99)), "string 99")
    yield unusable("no location", "cpu.pb", busy_go_profile(extra=sample([77], [1, 1])), "location 77")
    yield unusable("no function", "cpu.pb", busy_go_profile(extra=location(8, 77)), "function 77")
    yield unusable("an id twice", "cpu.pb", busy_go_profile(extra=location(1, 1)), "two locations have the id 1")
    yield unusable("id 0", "cpu.pb", busy_go_profile(extra=location(0, 1)), "no id")
    yield unusable("a value too few", "cpu.pb", busy_go_profile(extra=sample([1], [1])), "1 values? for 2")
    yield unusable("a length beyond the end", "cpu.pb", busy_go_profile() + b"\x12\xff\xff\xff\xff\x07", "trunc|cut")
    yield unusable("noise", "cpu.pb", random.Random(7).randbytes(100_000), "")
    yield unusable("gzip of noise", "cpu.pb.gz", gzip.compress(random.Random(8).randbytes(100_000)), "")
    yield unusable("gzip of nothing", "cpu.pb.gz", gzip.compress(b""), "empty")
    yield unusable("nothing", "cpu.pb.gz", b"", "empty")
    yield unusable("zeros", "cpu.pb.gz", bytes(MIB), "zeros")


def large_profiles():
    claim = bytes_field(1, value_type(0, 0)) + varint(6 << 3 | 2) + varint(3 << 30)
    yield unusable("bomb of zeros", "bomb.gz", lambda: endless_gzip(b"", 4096), "unpacks to more than")
    yield unusable("bomb of a string", "cpu.pb.gz", lambda: endless_gzip(claim, 4096), "unpacks to more than")
    yield unusable("bomb of members", "bomb.gz", lambda: gzip.compress(bytes(64 * MIB)) * 64, "unpacks to more than")
    yield unusable("10 million empty samples", "cpu.pb.gz", lambda: gzip.compress(CPU_TYPES + b"\x12\0" * 10**7, 1), "")
    yield unusable("10 million samples of nothing", "x.pb", lambda: b"\x12\0" * 10**7 + bytes_field(6, b""), "")
    one = sample([1], [1, TEN_MS])
    yield unusable("10 million samples", "cpu.pb.gz", lambda: gzip.compress(busy_go_profile() + one * 10**7, 1),
                   "more memory than")
    yield Case("1 million samples", one_file("cpu.pb.gz", lambda: gzip.compress(busy_go_profile() + one * 10**6, 1)),
               (USED, FINDINGS), ("1001000 CPU samples",))
    yield Case("1 million samples of a goroutine each", one_file("goroutine.pb", lambda: (
        bytes_field(1, value_type(1, 2)) + sample([1], [1]) * 10**6 + location(1, 1) + function(1, 3)
        + b"".join(bytes_field(6, text) for text in [b"", b"goroutine", b"count", b"main.wait"]))),
        (USED, FINDINGS), ("1000000 goroutines",))
    deep = [1, *[2] * 10**6, 3]
    for option in ([], ["--html", "-"], ["--json", "-"]):
        yield Case(f"a million frames {' '.join(option)}".strip(),
                   one_file("cpu.pb", lambda: cpu_profile([(deep, 300), ([2, 3], 700)], GO_NAMES), *option),
                   (USED, FINDINGS), ("main.work",))
    yield Case("100,000 functions in one stack", one_file("cpu.pb", lambda: cpu_profile(
        [(range(1, 100_001), 300)], [b"%s.f%d" % (part, i) for part in (b"runtime", b"m") for i in range(50_000)]),
        "--html", "-"), (USED, FINDINGS), ("300",))
    yield unusable("100 stacks of a million frames", "cpu.pb.gz", lambda: gzip.compress(
        cpu_profile([([1, *[2] * 10**6, 3], 3)], GO_NAMES) + sample([2] * 10**6, [1, 1]) * 100, 1), "more memory than")
    yield unusable("one name for a million functions", "cpu.pb", lambda: busy_go_profile(
        extra=bytes_field(6, b"x" * MIB) + b"".join(function(i, 8) for i in range(10, 100_000))), "more memory than")
    most = 2**63 - 1
    yield Case("counts up to the last bit", one_file("cpu.pb", lambda: cpu_profile(
        [], GO_NAMES, extra=sample([1, 2, 3], [most, most]) * 3 + sample([2, 3], [-1, -most]))),
        (USED, FINDINGS), ("CPU samples",))
    yield Case("a name of a megabyte", one_file("cpu.pb", lambda: cpu_profile(
        [([1, 2], 300)], [b"runtime.mallocgc", b"main." + b"x" * MIB])), (FINDINGS,), ("main.xxx",),
        lambda out: "prints all of it" if len(out) > 100_000 else None)


def foreign_files():
    """What other tools write, and people send."""
    heap = b"heap profile:      1:     1024 [     1:     1024] @ heap/1048576\n     1: 1024 [ 1: 1024] @ 0x1 0x2\n"
    folded = b"".join(b"main;work;step%d %d\n" % (i, i) for i in range(1, 100))
    header = struct.pack("<8Q", 0, 3, 0, 10_000, 0, 1, 1, 0x401000)
    yield unusable("perf.data", "perf.data", b"PERFILE2" + bytes(200) + b"\x01\x02", "perf")
    yield unusable("perf script", "out.perf", b"swapper     0 [000] 1.0: cycles:\n\tffffffff810 [unknown]\n" * 50, "")
    yield unusable("gperftools CPU", "cpu.prof", header * 20, "gperftools")
    yield unusable("gperftools heap", "heap.prof", heap.replace(b"@ heap/1048576", b"@ heap_v2/524288"), "heap profile")
    yield unusable("Go's heap as text", "heap.txt", heap, "debug=1")
    yield unusable("Java Flight Recorder", "app.jfr", b"FLR\0\0\x02\0\x01" + bytes(500) + b"\x01" * 99, "Java")
    yield unusable("folded stacks", "stacks.folded", folded, "folded stacks")
    yield unusable("an error page", "cpu.pb.gz", b"<!DOCTYPE html>\n<html><body>502 Bad Gateway</body>", "web page")
    yield unusable("an error page in small letters", "cpu.pb.gz", b"\n<!doctype HTML><p>404", "web page")
    yield unusable("an error as JSON", "cpu.pb.gz", b'{"error": "unauthorized"}', "")
    yield unusable("an error as text", "cpu.pb.gz", b"404 page not found\n", "")
    yield unusable("zstd", "cpu.pb.zst", b"\x28\xb5\x2f\xfd" + random.Random(3).randbytes(500), "zstd")
    yield unusable("UTF-16", "log.txt", "gc 1 @0.1s 0%".encode("utf-16"), "UTF-16")
    yield unusable("an image", "flame.png", b"\x89PNG\r\n\x1a\n" + random.Random(4).randbytes(999), "")
    rust = [b"core::ops::function::FnOnce::call_once", b"app::parse::<impl app::Tree>::walk",
            b"<alloc::vec::Vec<T,A> as core::clone::Clone>::clone", b"std::rt::lang_start::{{closure}}", b"main"]
    yield Case("pprof-rs", one_file("profile.pb", cpu_profile([([3, 2, 1, 4, 5], 600), ([2, 1, 4, 5], 300)], rust)),
               (USED,), ("no function of Go's or of weft's runtime", "900 CPU samples"))
    yield Case("empty names", one_file("cpu.pb", cpu_profile([([1], 500)], [b""])), (USED,), ("no function names",))
    bare = CPU_TYPES + sample([1], [500, 500 * TEN_MS]) + bytes_field(4, number_field(1, 1) + number_field(3, 0x401000))
    bare += b"".join(bytes_field(6, text) for text in CPU_STRINGS) + number_field(10, 10**10)
    yield Case("no names", one_file("cpu.pb", bare), (USED,), ("no function names", "pprof -proto"))
    dump = b"goroutine 1 [chan receive, 5 minutes]:\nmain.main()\n\t/src/main.go:9 +0x1d\n\n"
    yield Case("a goroutine dump", one_file("dump.txt", dump), (USED,), ("dump of 1 goroutine",))
    many = 10**6 // TEXT_SHARE[0]
    yield Case("a dump of a million", one_file("dump.txt", lambda: dump * many), (USED,), (f"dump of {many} gor",))


def hostile_texts():
    trace = (b"gc %d @%d.5s 99%%: 1e308+1e308+1e308 ms clock, 1e308+1e308/1e308/0+0 ms cpu, "
             b"99999999999999999999->1->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 99999999999 P\n")
    yield Case("numbers of a gctrace", one_file("gctrace.log", b"".join(trace % (i, i) for i in range(50))),
               (USED, FINDINGS, UNUSABLE))
    yield Case("numbers of a schedtrace", one_file("sched.log", (
        b"SCHED 99999999999999999999ms: gomaxprocs=-1 idleprocs=0 threads=9 spinningthreads=0 needspinning=0 "
        b"idlethreads=0 runqueue=9223372036854775807 [9223372036854775807 9223372036854775807]\n") * 20),
               (USED, FINDINGS, UNUSABLE))
    yield Case("numbers of an inittrace", one_file("init.log", (
        b"init a @NaN ms, inf ms clock, -1 bytes, 1 allocs\n"
        b"init b @1 ms, 1e400 ms clock, 99999999999999999999 bytes, 1 allocs\n")), (USED, FINDINGS, UNUSABLE))
    yield Case("numbers of a metrics page", one_file("metrics.prom", (
        b"# TYPE go_goroutines gauge\ngo_goroutines 1e400\ngo_gc_gogc_percent NaN\ngo_memstats_heap_alloc_bytes -Inf\n"
        b"process_resident_memory_bytes 9e99\ngo_info{version=\"go1.27\"} 1\n"), "--json", "-"),
        (USED, FINDINGS), (), lambda out: None if json.loads(out) else "no JSON")
    yield unusable("JSON a million deep", "metrics.json", b'{"a":' * 10**6, "")
    yield Case("a page of a million samples", one_file("metrics.prom", lambda: b"".join(
        b"go_x{a=\"%d\"} 1\n" % i for i in range(10**6)) + b"go_goroutines 9\n"), (USED, UNUSABLE))
    yield unusable("one line of 100 MB", "log.txt", lambda: b"x" * 100_000_000, "")
    yield unusable("50 million lines", "log.txt", lambda: b"\n" * (50_000_000 // TEXT_SHARE[0]), "")


def odd_places():
    def in_folder(fill):
        def make(folder):
            inside = folder / "captured"
            inside.mkdir()
            if fill(inside) is False:
                return None
            return [str(inside)]
        return make

    def not_readable(folder):
        secret = folder / "cpu.pb.gz"
        secret.write_bytes(captured("03-before/cpu.pb.gz"))
        secret.chmod(0)
        return os.geteuid() != 0

    def listen(folder):
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(folder / "s"))
        server.close()  # the name stays

    fifo, zero = (lambda folder: os.mkfifo(folder / "pipe")), "/dev/zero"
    yield Case("an empty folder", in_folder(lambda folder: None), (UNUSABLE,), ("nothing that can be judged",))
    yield Case("a folder of junk", in_folder(lambda folder: (folder / "a").write_bytes(b"\0\1\2")), (UNUSABLE,),
               ("a: ",))
    yield Case("a dangling link", in_folder(lambda folder: (folder / "a").symlink_to("nowhere")), (UNUSABLE,))
    yield Case("a link to itself by name", lambda folder: (folder / "a").symlink_to("a") or [str(folder / "a")],
               (UNUSABLE,), ("doctor: /.*/a: Too many levels",))
    yield Case("a link to itself", in_folder(lambda folder: (folder / "a").symlink_to("a")), (UNUSABLE,))
    yield Case("a folder that links to itself", in_folder(lambda folder: (folder / "a").symlink_to(".")), (UNUSABLE,))
    yield Case("a pipe in a folder", in_folder(fifo), (UNUSABLE,))
    yield Case("a socket in a folder", in_folder(listen), (UNUSABLE,))
    yield Case("not readable", in_folder(not_readable), (UNUSABLE,), ("cpu.pb.gz: Permission denied",))
    for name, fill in (("pipe", fifo), ("s", listen)):
        yield Case(f"{name} by name", lambda folder, name=name, fill=fill: fill(folder) or [str(folder / name)],
                   (UNUSABLE,), (f"{name}: not a regular file",))
        yield Case(f"{name} as --binary", lambda folder, name=name, fill=fill: fill(folder) or [
            "--binary", str(folder / name)], (UNUSABLE,), (f"{name}",))
    yield Case("/dev/zero", lambda folder: [zero], (UNUSABLE,), ("/dev/zero: not a regular file",))
    yield Case("/dev/zero as --log", lambda folder: ["--log", zero], (UNUSABLE,), ("/dev/zero",))
    yield Case("/dev/zero as --before", lambda folder: ["--before", zero, "--after", zero], (UNUSABLE,), (zero,))
    yield Case("a link to nowhere by name", lambda folder: (folder / "a").symlink_to("nowhere") or [str(folder / "a")],
               (UNUSABLE,), ("a: No such file",))
    yield Case("a name that is too long", lambda folder: ["x" * 5000], (UNUSABLE,), ("xxx: File name too long",))
    yield Case("two reports on one output", lambda folder: [str(DATA / "03-after"), "--json", "-", "--html", "-"],
               (UNUSABLE,), ("may be '-'",))
    yield Case("no such flag", lambda folder: ["--no-such-flag", str(folder)], (UNUSABLE,), ("--no-such-flag",))
    yield Case("a severity that is none", lambda folder: [str(folder), "--fail-on", "never"], (UNUSABLE,), ("never",))
    yield Case("a report nobody can write", lambda folder: [str(DATA / "03-after"), "--html", str(folder / "a/b")],
               (UNUSABLE,), ("a/b: not writable",), also_reports=True)


def executables():
    program = bytes([0x7F]) + b"ELF"
    shapes = {"only its first bytes": program, "noise": program + random.Random(5).randbytes(5000),
              "a header that lies": program + b"\2\1\1" + bytes(9) + struct.pack(
                  "<HHIQQQIHHHHHH", 2, 62, 1, 1, 2**63, 2**63, 0, 64, 56, 65535, 64, 65535, 65534)}
    own = pathlib.Path(PROGRAM[0]).read_bytes()
    shapes["the first half of one"] = own[:len(own) // 2]
    for name, content in shapes.items():
        for option in ([], ["--binary"]):
            yield Case(f"ELF: {name} {' '.join(option)}".strip(),
                       lambda folder, content=content, option=option: [
                           *option, *one_file("program", content)(folder)], (UNUSABLE,), ("program: ",))
    for name, content in [*shapes.items(), ("no ELF", b"#!/bin/sh\n"), ("nothing", b"")]:
        yield Case(f"size of {name}", lambda folder, content=content: [None, *one_file("program", content)(folder)],
                   (UNUSABLE,), ("weft size: .*program: ",))
    yield Case("size of a folder", lambda folder: [None, str(folder)], (UNUSABLE,), ("a folder",))
    yield Case("size of a pipe", lambda folder: os.mkfifo(folder / "p") or [None, str(folder / "p")], (UNUSABLE,),
               ("p: ",))


ESCAPES = [b"main.\x1b[2J\x1b]0;owned\x07", b"main.\xff\xfe\xc3(", b"main.<script>alert(1)</script>&\"'",
           "main.\u202egnirts\u2028\u009b31m".encode(), b"main.</script><!--", b"main.\r\nweft doctor: fine"]


def obeyed(out):
    found = OBEYED.search(out)
    return f"prints {found.group()!r}" if found else None


def bad_names():
    stacks = [([1, i + 2], 100) for i in range(len(ESCAPES))]
    profile = cpu_profile(stacks, [b"runtime.mallocgc", *ESCAPES])

    def is_json(out):
        names = [site["function"] for finding in json.loads(out)["findings"] for site in finding["sites"]]
        return obeyed(out) or (None if len(names) >= 5 else f"only the sites {names}")

    def is_page(out):
        markup = re.sub(r"<script>.*?</script>", "", out, flags=re.S)
        if "alert(1)" in markup.replace("&lt;script&gt;alert(1)&lt;/script&gt;", "") or "<!--" in out:
            return "a name became markup"
        return obeyed(out) or (None if out.count("</script>") == out.count("<script>") == 2 else "scripts do not match")

    yield Case("names in text", one_file("cpu.pb", profile), (FINDINGS,), (r"main\.",), obeyed)
    yield Case("names in JSON", one_file("cpu.pb", profile, "--json", "-"), (FINDINGS,), (), is_json)
    yield Case("names in SARIF", one_file("cpu.pb", profile, "--sarif", "-"), (FINDINGS,), (),
               lambda out: obeyed(out) or (None if json.loads(out)["runs"] else "no run"))
    yield Case("names in HTML", one_file("cpu.pb", profile, "--html", "-"), (FINDINGS,), (), is_page)
    name = b"\x1b[31m\xffcpu.pb"

    def file_of_that_name(content, *options):
        def make(folder):
            path = os.fsencode(folder) + b"/" + name
            with open(path, "wb") as file:
                file.write(content)
            return [path, *options]
        return make

    yield Case("a file's name in text", file_of_that_name(profile), (FINDINGS,), (r"\?\[31m\?cpu.pb",), obeyed)
    yield Case("a file's name in JSON", file_of_that_name(profile, "--json", "-"), (FINDINGS,), (), is_json)
    yield Case("a file's name in an error", file_of_that_name(b"\1"), (UNUSABLE,), (r"\?\[31m\?cpu.pb",), obeyed)
    yield Case("a rule's name in an error", lambda folder: ["explain", b"\x1b[31m"], (UNUSABLE,), (r"\?\[31m",), obeyed)


def mutated(content, chance):
    """With some of its bytes lost, doubled, made another, or a number that no writer means; inside the gzip."""
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    content = bytearray(content)
    for _ in range(chance.choice([0, 1, 3, 20, 200])):
        at, how = chance.randrange(len(content) + 1), chance.randrange(4)
        if how == 0:
            content[at:at + 1] = chance.randbytes(1)
        elif how == 1:
            content[at:at + 1] = chance.choice([b"99999999999999999999", b"NaN", b"inf", b"-1", b"1e308", b"1e-320"])
        elif how == 2:
            del content[at:at + chance.randrange(100)]
        else:
            content[at:at] = content[at // 2:at // 2 + chance.randrange(60)]
    return bytes(content)


def mutated_bundles():
    """Whole captured services, damaged; the seeds are fixed, so that what fails fails again."""
    bundles = sorted(path for path in DATA.iterdir() if path.is_dir())

    def make(folder, seed, *options):
        chance = random.Random(seed)
        for path in sorted(bundles[seed % len(bundles)].iterdir()):
            (folder / path.name).write_bytes(mutated(path.read_bytes(), chance))
        return [str(folder), *options]

    def is_sound(out, is_json):
        if is_json and out:
            json.loads(out)
        return obeyed(out) or (None if len(max(out.split("\n"), key=len)) <= 110 or is_json else "a line too wide")

    for seed in range(80):
        options = ["--json", "-"] if seed // len(bundles) % 2 else []
        yield Case(f"bundle {seed} {' '.join(options)}".strip(),
                   lambda folder, seed=seed, options=options: make(folder, seed, *options),
                   (USED, FINDINGS, UNUSABLE), (), lambda out, options=options: is_sound(out, bool(options)))


def all_cases():
    for part in (damaged_profiles, large_profiles, foreign_files, hostile_texts, odd_places, executables, bad_names,
                 mutated_bundles):
        yield from part()


# ---------------------------------------------------------------- running

@dataclasses.dataclass
class End:
    code: int
    out: str
    err: str
    resident: int
    hangs: bool


def limit(cpu_seconds, memory):
    """Before exec. A busy machine makes nothing late: what counts is the program's own time."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_SPACE, MOST_ADDRESS_SPACE))


def run(command, limits):
    """Its end, with what it took: wait4 tells of this child alone."""
    cpu_seconds = MOST_CPU_SECONDS if limits else 4 * MOST_CPU_SECONDS
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                 preexec_fn=lambda: limit(cpu_seconds, limits))
        late = threading.Event()

        def end_it():
            late.set()
            child.kill()
        timer = threading.Timer(LONGEST_SECONDS, end_it)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read())
        hangs = late.is_set() or child.returncode == -signal.SIGXCPU
        return End(child.returncode, texts[0], texts[1], usage.ru_maxrss * 1024, hangs)


def problems_of(case, end, limits):
    if end.hangs:
        return ["hangs"]
    problems = []
    try:
        out, err = end.out.decode(), end.err.decode()
    except UnicodeDecodeError as error:
        return [f"prints no UTF-8: {error}"]
    if end.code not in case.codes:
        problems.append(f"exit code {end.code}, not {' or '.join(map(str, case.codes))}")
    if end.code == UNUSABLE and (not err or (out and not case.also_reports)):
        problems.append("exit code 2 goes with a message on stderr, and no report")
    problems += [f"does not say {pattern!r}" for pattern in case.says if not re.search(pattern, out + err)]
    if limits and end.resident > MOST_RESIDENT_BYTES:
        problems.append(f"takes {end.resident // MIB} MiB")
    wrong = case.check(out) if case.check and not problems else None
    if wrong or obeyed(err):
        problems.append(wrong or f"stderr: {obeyed(err)}")
    if problems:
        problems.append("it says: " + (out[:600] + err[:600]).strip().replace("\n", "\n      "))
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-limits", action="store_true")
    parser.add_argument("program", type=lambda name: str(pathlib.Path(name).resolve()))
    parser.add_argument("part", nargs="?", default="")
    arguments = parser.parse_args()
    PROGRAM.append(arguments.program)
    limits = not arguments.no_limits
    if not limits:
        TEXT_SHARE[0] = 10
    count, skipped, failed, largest = 0, [], 0, (0, "none")
    for case in all_cases():
        if arguments.part not in case.name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            words = case.make(pathlib.Path(folder))
            if words is None:
                skipped.append(case.name)
                continue
            command = ["size", *words[1:]] if words and words[0] is None else ["doctor", *words]
            end = run([arguments.program, *command], limits)
        count += 1
        largest = max(largest, (end.resident, case.name))
        problems = problems_of(case, end, limits)
        failed += bool(problems)
        for problem in problems:
            print(f"{case.name}: {problem}", flush=True)
    print(f"{count} cases, {failed} failed, skipped: {', '.join(skipped) or 'none'}; "
          f"at most {largest[0] // MIB} MiB, for {largest[1]}")
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
