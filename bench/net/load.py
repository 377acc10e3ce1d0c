#!/usr/bin/env python3
"""Echo, HTTP, TLS and HTTP/2 over loopback: weft beside its peers by turns, the client on a core of its own.

   bench/net/load.py [echo|http|tls|http2|idle]... [--seconds S] [--reps N] [--write]    `make bench-net` builds them

Prints Markdown tables: answers a second, the server's CPU time an answer, and the time to an answer, or the memory of
an idle connection, medians; --write: to docs/benchmarks_net.md as well. For tls the client is wrk, for http2 h2load,
and the openssl program makes the certificate.
"""

import argparse
import contextlib
import functools
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import bench_machine
import idle_memory

PAGE = ROOT / "docs/benchmarks_net.md"
BUILT = ROOT / "build/release/bench"
TICKS = os.sysconf("SC_CLK_TCK")
LAST_CORE = str(os.cpu_count() - 1)  # the client's
SPINS = ("weft", "Go")  # the others have one thread, and no answer to a handler that keeps it
OFFERED = 20_000  # requests a second, where the rate is fixed: a third of what the slowest server does

# What is asked for, with how many connections, how many a second (0: as many as are answered), and how many handlers
# spin all the while, each on a processor.
LOADS = {
    "echo": [("64", 1, 0, 0), ("64", 64, 0, 0), ("64", 64, OFFERED, 0)],
    "http": [("/", 1, 0, 0), ("/", 64, 0, 0), ("/json", 64, 0, 0), ("/", 64, OFFERED, 0), ("/json", 64, OFFERED, 0),
             ("/", 8, 500, 1), ("/", 8, 500, 2)],
}
TITLES = {"echo": "Echo of 64 bytes", "http": "HTTP", "tls": "HTTP over TLS", "http2": "HTTP/2",
          "idle": "Idle connections"}
METHOD = """\
A server has one processor, the first core, and where handlers spin as many as they are; the client has the last core,
which on a machine of two cores it shares with the server of two. The servers of a row are measured by turns. Values are
medians; of the server's CPU time an answer, the lowest and the highest stand in brackets. At a fixed rate the time to
an answer counts from when the request was due. Of idle connections, each answered once, what counts is by how much
they make the server's anonymous memory (smaps_rollup) grow; what the kernel holds for a socket is not in it, and the
same for all.
"""


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextlib.contextmanager
def started(server: Path, *arguments: str, processors: int = 1) -> Iterator[tuple[int, str]]:
    """A server on so many processors, the first cores: its process and its address."""
    environment = {**os.environ, "WEFT_MAXPROCS": str(processors), "GOMAXPROCS": str(processors)}
    process = subprocess.Popen(["taskset", "-c", f"0-{processors - 1}", server, *arguments], env=environment,
                               stdout=subprocess.PIPE, text=True)
    try:
        yield process.pid, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def measure(server: Path, request: str, connections: int, rate: int, spinning: int, seconds: float) -> list[float]:
    """Answers a second, server's CPU in us an answer, p50, p99 and p99.9 in us."""
    with started(server, processors=max(1, spinning)) as (pid, address):
        client = ["taskset", "-c", LAST_CORE, BUILT / "load_client", *address.rsplit(":", 1)]
        spinner = subprocess.Popen([*client, str(spinning), str(seconds + 1), "0", "/spin"],
                                   stdout=subprocess.DEVNULL) if spinning else None
        said = subprocess.run([*client, str(connections), str(seconds), str(rate), request], capture_output=True,
                              text=True, check=True, timeout=10 * seconds + 10)
        if spinner:
            spinner.wait()
        answers, took, *latencies = map(float, said.stdout.split())
        return [answers / took, cpu_seconds(pid) * 1e6 / answers, *latencies]


class Tls:
    """What the servers are given and how they are asked: over TLS, with a certificate of a curve's key."""

    LOADS = (("/", 64, False), ("/json", 64, False), ("/", 16, True))
    UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}

    def __init__(self, folder: str) -> None:
        self.files = [str(Path(folder, name)) for name in ("certificate.pem", "key.pem")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=127.0.0.1", "-out", self.files[0], "-keyout", self.files[1]],
                       check=True, capture_output=True)

    def measure(self, server: Path, request: str, connections: int, anew: bool, seconds: float) -> list[float]:
        """As measure(); `anew`: a connection, and so a handshake, for each request."""
        with started(server, *self.files) as (pid, address):
            close = ["-H", "Connection: close"] if anew else []
            said = subprocess.run(["taskset", "-c", LAST_CORE, "wrk", "-t1", f"-c{connections}", f"-d{round(seconds)}s",
                                   "--latency", *close, f"https://{address}{request}"], capture_output=True, text=True,
                                  check=True, timeout=10 * seconds + 10).stdout
            answers = int(re.search(r"(\d+) requests in", said)[1])
            rate = float(re.search(r"Requests/sec:\s*([\d.]+)", said)[1])
            latencies = [float(value) * self.UNITS[unit]
                         for value, unit in re.findall(r"^\s+(?:50|99)%\s+([\d.]+)(us|ms|s)$", said, re.MULTILINE)]
            return [rate, cpu_seconds(pid) * 1e6 / answers, *latencies]


class Http2:
    """How servers are asked over HTTP/2: connections, of each so many streams at once, plain or over TLS."""

    LOADS = (("/", 1, 1, False), ("/", 8, 32, False), ("/json", 8, 32, False), ("/", 8, 32, True),
             ("/json", 8, 32, True))

    def __init__(self, tls: Tls) -> None:
        self.tls = tls

    def measure(self, server: Path, request: str, connections: int, streams: int, secure: bool,
                seconds: float) -> list[float]:
        """Answers a second, server's CPU in us an answer, and the mean time to an answer in us."""
        with started(server, *(self.tls.files if secure else ())) as (pid, address):
            said = subprocess.run(["taskset", "-c", LAST_CORE, "h2load", f"-c{connections}", f"-m{streams}",
                                   f"-D{round(seconds)}", f"{'https' if secure else 'http'}://{address}{request}"],
                                  capture_output=True, text=True, check=True, timeout=10 * seconds + 10).stdout
            answers = int(re.search(r"(\d+) succeeded, 0 failed", said)[1])
            rate = float(re.search(r"finished in [\d.]+s, ([\d.]+) req/s", said)[1])
            # "time for request:  min  max  mean  sd  +/- sd"
            mean, unit = re.search(r"time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)\s", said).groups()
            return [rate, cpu_seconds(pid) * 1e6 / answers, float(mean) * Tls.UNITS[unit]]


def servers(kind: str) -> dict[str, Path]:
    names = {"epoll": f"{kind}_epoll", "io_uring": f"{kind}_uring", "weft": f"{kind}_weft",
             "Asio coroutines": f"{kind}_asio", "Beast coroutines": f"{kind}_beast"}
    found = {name: BUILT / program for name, program in names.items() if (BUILT / program).exists()}
    go = bench_machine.find_go(ROOT)
    if go:
        subprocess.run([go, "build", "-o", BUILT / f"{kind}_go", "."], cwd=ROOT / f"bench/net/{kind}_go", check=True,
                       env={**os.environ, "GOTOOLCHAIN": "local", "GO111MODULE": "off", "CGO_ENABLED": "0"})
        found["Go"] = BUILT / f"{kind}_go"
    return found


def table(kind: str, reps: int, seconds: float) -> Iterator[str]:
    yield f"| {kind} | connections | server | answers/s | CPU us an answer | p50 us | p99 us | p99.9 us |"
    yield "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |"
    found = servers(kind)
    for request, connections, rate, spinning in LOADS[kind]:
        runs: dict[str, list[list[float]]] = {name: [] for name in found}
        for _ in range(reps):
            for name, server in found.items():
                if not spinning or name in SPINS:
                    runs[name].append(measure(server, request, connections, rate, spinning, seconds))
        what = f"{request} at {rate:,}/s" if rate else request
        what += f" beside {spinning} spinning" if spinning else ""
        yield from rows(what, connections, runs)


def tls_table(reps: int, seconds: float) -> Iterator[str]:
    yield "| tls | connections | server | answers/s | CPU us an answer | p50 us | p99 us |"
    yield "| --- | ---: | --- | ---: | ---: | ---: | ---: |"
    found = {name: server for name, server in servers("http").items() if name in SPINS}
    with tempfile.TemporaryDirectory() as folder:
        tls = Tls(folder)
        for request, connections, anew in Tls.LOADS:
            runs: dict[str, list[list[float]]] = {name: [] for name in found}
            for _ in range(reps):
                for name, server in found.items():
                    runs[name].append(tls.measure(server, request, connections, anew, seconds))
            yield from rows(f"{request}, each on a new connection" if anew else request, connections, runs)


def idle_table(reps: int, _seconds: float) -> Iterator[str]:
    yield "| idle | connections | server | bytes a connection |"
    yield "| --- | ---: | --- | ---: |"
    found = servers("http")
    connections = idle_memory.allow_connections()
    runs: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(reps):
        for name, server in found.items():
            with started(server) as (pid, address):
                runs[name].append(idle_memory.bytes_of_idle(pid, address, connections))
    for name, results in runs.items():
        yield (f"| / | {connections:,} | {name} | {statistics.median(results):,.0f} "
               f"[{min(results):,.0f}, {max(results):,.0f}] |")


def http2_table(reps: int, seconds: float) -> Iterator[str]:
    yield "| http/2 | connections | server | answers/s | CPU us an answer | mean us |"
    yield "| --- | ---: | --- | ---: | ---: | ---: |"
    found = {name: server for name, server in servers("http").items() if name in SPINS}
    with tempfile.TemporaryDirectory() as folder:
        http2 = Http2(Tls(folder))
        for request, connections, streams, secure in Http2.LOADS:
            runs: dict[str, list[list[float]]] = {name: [] for name in found}
            for _ in range(reps):
                for name, server in found.items():
                    runs[name].append(http2.measure(server, request, connections, streams, secure, seconds))
            what = f"{request}, {streams} at once on each" + (", over TLS" if secure else "")
            yield from rows(what, connections, runs)


def rows(what: str, connections: int, runs: dict[str, list[list[float]]]) -> Iterator[str]:
    for name, results in runs.items():
        if not results:
            continue
        answers, cpu, *latencies = (statistics.median(column) for column in zip(*results))
        lowest, highest = min(row[1] for row in results), max(row[1] for row in results)
        shown = " | ".join(f"{value:.0f}" for value in latencies)
        yield (f"| {what} | {connections} | {name} | {answers:,.0f} | {cpu:.2f} [{lowest:.2f}, {highest:.2f}] | "
               f"{shown} |")


def page(tables: list[str], facts: list[tuple[str, str]], remarks: list[str]) -> str:
    lines = ["# Benchmarks of the network", "", "Written by `make bench-net`; do not edit.", ""]
    lines += [f"- {key}: {value}" for key, value in facts] + [""]
    lines += [f"- {remark}" for remark in remarks] + ([""] if remarks else [])
    return "\n".join([*lines, METHOD, *tables])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="|".join(TITLES), help="default: all")
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="docs/benchmarks_net.md, with all tables")
    options = parser.parse_args()
    if options.write and options.kinds:
        parser.error("--write: the page has all tables, so none may be named")
    options.kinds = options.kinds or list(TITLES)
    return options


def main() -> None:
    options = arguments()
    facts = bench_machine.facts(ROOT, BUILT.parent, bench_machine.find_go(ROOT))
    bystanders, began = bench_machine.Bystanders(), time.monotonic()
    tables: list[str] = []
    of_their_own = {"tls": tls_table, "http2": http2_table, "idle": idle_table}
    for kind in options.kinds:
        measured = of_their_own.get(kind, functools.partial(table, kind))
        for line in itertools.chain([f"## {TITLES[kind]}", ""], measured(options.reps, options.seconds), [""]):
            print(line, flush=True)
            tables.append(line)
    if options.write:
        facts.append(("Run", f"{options.reps} repetitions of {options.seconds} s, {time.monotonic() - began:.0f} s"))
        PAGE.write_text(page(tables, facts, bystanders.remarks()))


if __name__ == "__main__":
    main()
