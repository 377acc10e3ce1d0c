#!/usr/bin/env python3
"""Loads and faults: the service examples/notes under real clients and bad ones.

   run.py NOTES CASE...      exit code 77: the case cannot run here, and says why
   run.py --list             the cases
"""

import re
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from endings import terminated_under_load, terminated_with_kept_connections
from service import GET, CannotRun, is_whole, output_of, read_answer, running, tool
from surroundings import names_down, quota_changes

ROOT = Path(__file__).resolve().parent.parent.parent
TCP_REPAIR = 19  # linux/tcp.h: such a socket is closed without a word


def wrk(program: str) -> None:
    """Requests as fast as they are answered: every one of them is a 200, no connection breaks."""
    with running(program) as service:
        service.add_note()
        said = output_of(tool("wrk"), "-t1", "-c64", "-d3", "--timeout", "60", "--latency", service.url + "/notes/1")
        print(said)
        assert int(re.search(r"(\d+) requests in", said)[1]) > 100
        assert "Socket errors" not in said and "Non-2xx" not in said


def h2load(program: str) -> None:
    """HTTP/1.1 with many requests of a connection under way at once."""
    with running(program) as service:
        service.add_note()
        said = output_of(tool("h2load"), "--h1", "-n20000", "-c100", "-m8", service.url + "/notes/1")
        print(said)
        assert "20000 succeeded, 0 failed, 0 errored, 0 timeout" in said
        assert "status codes: 20000 2xx" in said


def http2(program: str) -> None:
    """HTTP/2 by prior knowledge: many streams of few connections, of which one is slow to read; and curl."""
    with running(program) as service:
        service.add_note(text="x" * 20_000)
        said = output_of(tool("h2load"), "-n40000", "-c10", "-m32", service.url + "/notes/1")
        print(said)
        assert "40000 succeeded, 0 failed, 0 errored, 0 timeout" in said
        assert "status codes: 40000 2xx" in said
        narrow = output_of(tool("h2load"), "-n2000", "-c10", "-m32", "-w10", "-W12", service.url + "/notes/1")
        assert "status codes: 2000 2xx" in narrow

        def ask(*words: str) -> str:
            return output_of(tool("curl"), "-sS", "-i", "-m", "30", "--http2-prior-knowledge", *words)

        notes = service.url + "/notes"
        large = '{"title": "large", "text": "' + "x" * 500_000 + '"}'
        for words in ([], ["-H", "Expect: 100-continue"], ["-H", "Transfer-Encoding: chunked"]):
            answer = ask(*words, "-d", '{"title": "a", "text": "b"}', notes)
            assert "HTTP/2 201" in answer and answer.endswith('"b"}'), (words, answer[:300])
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(large)
            file.flush()
            assert ask("--data-binary", f"@{file.name}", notes).endswith('xxx"}')
        assert ask("-I", notes + "/1").startswith("HTTP/2 200")
        assert ask(notes + "/999").startswith("HTTP/2 404")
        assert "allow: " in ask("-X", "PATCH", notes)


def http2_over_tls(program: str) -> None:
    """ALPN with real clients: both protocols on one port, of the benchmarks' server."""
    server = ROOT / "build/release/bench/http_weft"
    if not server.exists():
        raise CannotRun("bench/http_weft is not built: ninja weft_benches")
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/certificate.pem", f"{folder}/key.pem"]
        output_of(tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-days", "2", "-subj", "/CN=127.0.0.1", "-out", files[0], "-keyout", files[1])
        process = subprocess.Popen([server, *files], stdout=subprocess.PIPE, text=True)
        try:
            url = "https://" + process.stdout.readline().strip()
            said = output_of(tool("h2load"), "-n20000", "-c10", "-m32", url + "/json")
            print(said)
            assert "Application protocol: h2" in said and "status codes: 20000 2xx" in said
            old = output_of(tool("h2load"), "--h1", "-n5000", "-c10", "-m8", url + "/json")
            assert "status codes: 5000 2xx" in old
            for word, version in (("--http2", "2"), ("--http1.1", "1.1")):
                answer = output_of(tool("curl"), "-sSik", "-m", "30", word, url + "/")
                assert answer.startswith(f"HTTP/{version} 200") and answer.endswith("Hello, World!"), answer
            assert output_of(tool("curl"), "-sSik", "--http2", url + "/", url + "/json").count("HTTP/2 200") == 2
        finally:
            process.kill()
            process.wait()


def curl(program: str) -> None:
    """What curl does by itself: chunked uploads, Expect, HEAD, HTTP/1.0, one connection for several URLs."""
    path = tool("curl")

    def ask(*words: str) -> str:
        return output_of(path, "-sS", "-i", "-m", "30", *words)

    with running(program) as service, tempfile.TemporaryDirectory() as folder:
        notes = service.url + "/notes"
        large = Path(folder, "large.json")
        large.write_text('{"title": "large", "text": "' + "x" * 500_000 + '"}', encoding="ascii")
        assert ask("-d", '{"title": "a", "text": "b"}', notes).startswith("HTTP/1.1 201 Created")
        for words in (["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"], ["-0"], []):
            answer = ask(*words, "--data-binary", f"@{large}", notes)
            assert "HTTP/1.1 201 Created" in answer and answer.endswith('xxx"}'), (words, answer[:300])
        assert "HTTP/1.1 413" in ask("--data-binary", f"@{large}", "--data-binary", f"@{large}", "--data-binary",
                                     f"@{large}", notes)
        head = ask("-I", notes + "/1")
        assert "Content-Length: 31" in head and not head.rstrip().endswith("}")
        assert ask("-X", "PUT", "-d", '{"title": "c", "text": "d"}', notes + "/1").endswith('"title":"c","text":"d"}')
        both = ask("-v", notes + "/1", notes + "/2")
        assert both.count("200 OK") == 2
        assert ask("-X", "DELETE", notes + "/1").startswith("HTTP/1.1 204")
        assert ask(notes + "/1").startswith("HTTP/1.1 404")
        assert ask("-d", "{", notes).startswith("HTTP/1.1 400")
        assert ask("-d", "{}", notes).startswith("HTTP/1.1 422")
        assert "Allow: " in ask("-X", "PATCH", notes)
        compressed = output_of(path, "-sS", "--compressed", notes + "/2")
        assert compressed.startswith('{"id":2')


def idle_connections(program: str) -> None:
    """Ten thousand connections between two requests hold no goroutine, and the others do not feel them. Beside the
    peers: bench/net/load.py idle."""
    count = 10_000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < count + 1000:
        raise CannotRun(f"the limit of open files is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1000, hard))

    with running(program, max_files=count + 1000) as service:
        service.add_note()
        kept: list[socket.socket] = []

        def keep(number: int) -> int:
            for _ in range(number):
                kept.append(service.connect())
                kept[-1].sendall(GET)
                assert is_whole(read_answer(kept[-1]))
            return service.memory_kib()

        before, after = keep(200), keep(count)  # the first ones bring along what the others find there
        bytes_each = (after - before) * 1024 / count
        assert service.connections() >= count
        assert service.goroutines() < 50, service.goroutines()
        said = output_of(tool("wrk"), "-t1", "-c32", "-d2", "--timeout", "60", "--latency", service.url + "/notes/1")
        assert "Socket errors" not in said and "Non-2xx" not in said
        print(f"{bytes_each:.0f} bytes of user memory for an idle connection, {service.goroutines()} goroutines")
        print(said)
        for connection in kept:
            connection.close()
        while service.connections() > 3:
            pass
    assert bytes_each <= 1024, bytes_each


def slowloris(program: str) -> None:
    """Five hundred clients that send a byte now and then keep nobody else waiting."""
    with running(program) as service:
        service.add_note()
        slow = [service.connect() for _ in range(500)]
        done = threading.Event()

        def drip() -> None:
            for byte in GET[:-2]:
                for connection in slow:
                    connection.sendall(bytes([byte]))
                if done.wait(0.02):
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        for _ in range(200):
            assert service.get(service.url + "/notes/1")[0] == 200
        done.set()
        dripping.join()
        for connection in slow:
            connection.close()
        while service.connections() > 0:
            pass


def resets(program: str) -> None:
    """A client that is gone at every byte of its request, with a reset or an end, before and after it has sent more."""
    request = b"POST /notes HTTP/1.1\r\nHost: x\r\nContent-Length: 27\r\n\r\n" + b'{"title": "a", "text": "b"}'
    with running(program) as service:
        before = service.goroutines()
        for cut in range(len(request) + 1):
            for reset in (True, False):
                connection = service.connect()
                connection.sendall(request[:cut])
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
        assert service.get(service.url + "/notes?limit=1")[0] == 200  # whoever came before has been let in by now
        while service.connections() > 0 or service.goroutines() > before:
            pass


def half_closed(program: str) -> None:
    """Clients that end their side after the request are answered."""
    with running(program) as service:
        service.add_note()
        for _ in range(100):
            connection = service.connect()
            connection.sendall(GET)
            connection.shutdown(socket.SHUT_WR)
            assert read_answer(connection).startswith(b"HTTP/1.1 200")
            assert connection.recv(1) == b""
            connection.close()


def half_open(program: str) -> None:
    """Clients that vanish in the middle of a request without a FIN or a RST, as behind a cable that was cut: nobody
    else feels them, and they are given up once read_header_timeout, ten seconds, has passed."""
    with running(program) as service:
        service.add_note()
        begin = time.monotonic()
        for _ in range(100):
            connection = service.connect()
            connection.sendall(GET[:-2])
            try:
                connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
            except PermissionError as error:
                raise CannotRun(f"no peer may vanish here: {error}") from error
            connection.close()
        for _ in range(200):
            assert service.get(service.url + "/notes/1")[0] == 200
        while service.connections() > 0:
            time.sleep(0.01)
        assert time.monotonic() - begin >= 10, "they were told of an end"


def unescaped(text: str) -> bytes:
    return re.sub(r"\\x([0-9a-f]{2})|\\(.)", lambda found: chr(int(found[1], 16)) if found[1] else
                  {"r": "\r", "n": "\n", "t": "\t", "0": "\0"}.get(found[2], found[2]), text).encode("latin-1")


def malformed(program: str) -> None:
    """Requests that are none, beside good ones: each refused, none answered that was hidden behind one."""
    lines = (ROOT / "tests/data/http/malformed.txt").read_text(encoding="utf-8").splitlines()
    cases = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert len(cases) >= 200
    with running(program) as service:
        service.add_note()
        load = subprocess.Popen([tool("wrk"), "-t1", "-c16", "-d4", "--timeout", "60", service.url + "/notes/1"],
                                stdout=subprocess.PIPE, text=True)
        for _, text, *_ in cases:
            connection = service.connect()
            connection.sendall(unescaped(text) + GET)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while more := connection.recv(65536):
                answer += more
            # "/" and the like are no notes: what counts is that the good request behind was not reached.
            assert b"HTTP/1.1 200" not in answer, (text, answer)
            connection.close()
        said = load.communicate(timeout=60)[0]
        assert "Socket errors" not in said and "Non-2xx" not in said, said


def out_of_files(program: str) -> None:
    """EMFILE: no spinning, no death, and service again as soon as there are descriptors."""
    with running(program, max_files=64) as service:
        service.add_note()
        connections = [service.connect() for _ in range(120)]
        while "Too many open files" not in service.said():
            pass
        used = service.cpu_seconds()
        time.sleep(1)  # not to wait for something: to see what a second of it costs
        assert service.cpu_seconds() - used < 0.5, "it spins"
        for connection in connections:
            connection.close()
        while service.connections() > 0:
            pass


def disk_full(program: str) -> None:
    """A full disk is a 507, and no other request's business."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True)
        if mounted.returncode != 0:
            raise CannotRun("no small file system can be mounted here: " + mounted.stderr.decode().strip())
        try:
            with running(program, folder=Path(folder)) as service:
                statuses = [service.add_note("x" * 50_000) for _ in range(30)]
                assert statuses[0] == 201 and statuses[-1] == 507, statuses
                assert service.get(service.url + "/notes/1")[0] == 200
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def clock_jumps(program: str) -> None:
    """The wall clock goes a day forward and back: nothing is timed out, and the Date follows."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        raise CannotRun("libfaketime is not installed: tools/setup.sh foreign")
    with tempfile.TemporaryDirectory() as folder:
        jump = Path(folder, "jump")
        jump.write_text("+0", encoding="ascii")
        environment = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(jump), "FAKETIME_NO_CACHE": "1",
                       "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
        with running(program, environment=environment) as service:
            service.add_note()
            connection = service.connect()
            dates = set()
            for offset in ("+0", "+1d", "-1d", "+30d", "+0"):
                jump.write_text(offset, encoding="ascii")
                connection.sendall(GET)
                answer = read_answer(connection)
                assert answer.startswith(b"HTTP/1.1 200"), answer
                dates.add(re.search(rb"Date: (.{16})", answer)[1])
            assert len(dates) >= 3, dates  # four, unless it is midnight now


CASES = {case.__name__: case for case in (wrk, h2load, http2, http2_over_tls, curl, idle_connections, slowloris, resets,
                                          half_closed, half_open, malformed, out_of_files, disk_full, clock_jumps,
                                          names_down, quota_changes, terminated_under_load,
                                          terminated_with_kept_connections)}


def main() -> int:
    if sys.argv[1:] == ["--list"]:
        print("\n".join(CASES))
        return 0
    program, *names = sys.argv[1:]
    try:
        for name in names:
            CASES[name](program)
    except CannotRun as why:
        print("cannot run here:", why)
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
