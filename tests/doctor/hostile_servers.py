#!/usr/bin/env python3
"""`weft doctor URL` at live servers that are no debug server, or a bad one: a clear word, exit code 2 where nothing can
be judged, and an end in bounded time and memory, whatever the server does.

usage: hostile_servers.py [--full] [--no-limits] WEFT [ARGUMENT...]
    --full       with those that wait until the doctor's patience of a minute for each answer is at its end
    --no-limits  of memory: for sanitizers
"""

import argparse
import concurrent.futures
import dataclasses
import functools
import http.server
import json
import pathlib
import resource
import subprocess
import sys
import threading
import time

DATA = pathlib.Path(__file__).resolve().parent.parent / "data/doctor/http"
MOST_BYTES = 300 << 20  # of data; an answer may have 64 MiB
QUICK, PATIENT = 90, 200  # seconds until the doctor has to be done
UNUSABLE = 2


@dataclasses.dataclass
class Case:
    name: str
    answer: object  # what the server does with a request
    code: int
    says: str  # on stderr, or, where there is a report, in its list of what could not be read
    seconds: int = QUICK


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as a Go service does, until a case gives it something else to do."""

    def do_GET(self):
        try:
            self.server.answer(self)
        except OSError:
            pass  # the doctor has heard enough

    def send(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def healthy(handler):
    path = handler.path.split("?")[0]
    name = {"/debug/pprof/profile": "cpu"}.get(path, path.rsplit("/", 1)[-1])
    if path == "/metrics":
        handler.send(200, "text/plain", b"go_goroutines 7\ngo_info{version=\"go1.27.4\"} 1\n")
    elif path.startswith("/debug/pprof/") and "debug=" not in handler.path and (DATA / (name + ".body")).exists():
        handler.send(200, "application/octet-stream", (DATA / (name + ".body")).read_bytes())
    else:
        handler.send(404, "text/plain", b"404 page not found\n")


def nothing(handler):
    handler.send(404, "text/plain", b"404 page not found\n")


def page(handler):
    handler.send(200, "text/html; charset=utf-8", b"<!DOCTYPE html><html><body>log in, please</body></html>")


def garbage(handler):
    handler.send(200, "application/octet-stream", bytes(range(256)) * 64)


def json_error(handler):
    handler.send(200, "application/json", b'{"error": "not found"}')


def empty(handler):
    handler.send(200, "application/octet-stream", b"")


def silence(handler):
    handler.server.stopped.wait()


def endless(handler, kind=b"application/octet-stream", line=b"\x0a\x7f" + b"x" * 127):
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: " + kind + b"\r\n\r\n")
    block = line * 8192
    while not handler.server.stopped.is_set():
        handler.wfile.write(block)


def trickle(handler):
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n")
    while not handler.server.stopped.wait(0.1):
        handler.wfile.write(b"\x1f")
        handler.wfile.flush()


def hang_up(handler):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\n"
    handler.wfile.write(head + b"\x1f\x8b")


def only_the_profile(bad):
    """All but /debug/pprof/profile is as it should be."""
    return lambda handler: bad(handler) if handler.path.startswith("/debug/pprof/profile") else healthy(handler)


def dies_after(requests):
    """A service that is stopped while the doctor looks: from then on nobody answers."""
    def answer(handler):
        with handler.server.lock:
            handler.server.served += 1
            alive = handler.server.served <= requests
        (healthy if alive else hang_up)(handler)
    return answer


endless_metrics = functools.partial(endless, kind=b"text/plain", line=b"go_goroutines 7\n")
CASES = [
    Case("404 everywhere", nothing, UNUSABLE, "has neither profiles nor metrics"),
    Case("a page everywhere", page, UNUSABLE, "a web page"),
    Case("garbage everywhere", garbage, UNUSABLE, "neither profiles nor metrics"),
    Case("empty answers everywhere", empty, UNUSABLE, "neither profiles nor metrics"),
    Case("hangs up everywhere", hang_up, UNUSABLE, "in the middle of its answer"),
    Case("endless data everywhere", endless, UNUSABLE, "too large"),
    Case("endless metrics everywhere", endless_metrics, UNUSABLE, "too large"),
    Case("the same JSON everywhere", json_error, UNUSABLE, "neither profiles nor metrics"),
    Case("healthy", healthy, 0, ""),
    Case("404 for the profile", only_the_profile(nothing), 0, "cpu: "),
    Case("a page for the profile", only_the_profile(page), 0, "a web page"),
    Case("garbage for the profile", only_the_profile(garbage), 0, "cpu"),
    Case("an empty profile", only_the_profile(empty), 0, "cpu"),
    Case("hangs up in the profile", only_the_profile(hang_up), 0, "in the middle of its answer"),
    Case("an endless profile", only_the_profile(endless), 0, "too large"),
    Case("dies meanwhile", dies_after(5), 0, "in the middle of its answer"),
    Case("silence", silence, UNUSABLE, "no answer in time", PATIENT),
    Case("a trickle", trickle, UNUSABLE, "no answer in time", PATIENT),
    Case("silence for the profile", only_the_profile(silence), 0, "no answer in time", PATIENT),
]


def limit_memory():
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))


def problems(case, command, limits):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answer, server.stopped, server.lock, server.served = case.answer, threading.Event(), threading.Lock(), 0
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = "http://127.0.0.1:%d" % server.server_address[1]
    try:
        done = subprocess.run(command + [url, "--seconds", "1", "--json", "-", "--quiet"], capture_output=True,
                              text=True, timeout=case.seconds, preexec_fn=limit_memory if limits else None)
    except subprocess.TimeoutExpired:
        return ["it was not done after %d s" % case.seconds]
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
    said = done.stderr if done.returncode else "\n".join(json.loads(done.stdout)["unread"])
    wrong = [] if done.returncode == case.code else ["exit code %d, not %d" % (done.returncode, case.code)]
    if done.returncode == 0 and done.stderr:
        wrong.append("on stderr: " + done.stderr)
    if case.says not in said:
        wrong.append("it does not say '%s'" % case.says)
    return wrong + (["it said: " + said] if wrong else [])


def is_wrong(case, options):
    begin = time.monotonic()
    found = problems(case, options.weft, not options.no_limits)
    seconds = time.monotonic() - begin
    print("%-28s %5.1f s  %s" % (case.name, seconds, "; ".join(found) or "as it should be"), flush=True)
    return bool(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--no-limits", action="store_true")
    parser.add_argument("weft", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    cases = [case for case in CASES if options.full or case.seconds == QUICK]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:  # they mostly wait
        wrong = sum(pool.map(lambda case: is_wrong(case, options), reversed(cases)))
    print("%d hostile servers, %d cases wrong" % (len(cases), wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
