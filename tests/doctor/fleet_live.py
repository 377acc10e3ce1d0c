#!/usr/bin/env python3
"""`weft doctor --prometheus` against a real Prometheus that scrapes small services with known illnesses, on loopback.

usage: fleet_live.py PROGRAM [ARGUMENT...]    exit code 77: no prometheus is installed
It runs PROGRAM ARGUMENT... --prometheus URL --json --rate-window SECONDS --growth-window SECONDS
"""

import http.server
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

WINDOW = 8  # seconds over which rates are taken; the scrapes come every second
PATIENCE = 60
NO_LIMIT = 9223372036854775807


def churn(seconds):
    """05small-before: four hundred collections a second of a heap of 4 MB."""
    return default_set(seconds, cores=1.77, cycles=401, goal=4.2e6)


def leak(seconds):
    return default_set(seconds, cores=0.3, cycles=0.2, goal=80e6, goroutines=1500 + 400 * seconds)


def healthy(seconds):
    return default_set(seconds, cores=0.3, cycles=0.2, goal=80e6)


def throttled(seconds):
    return default_set(seconds, cores=0.4, cycles=0.2, goal=80e6, processors=16)


def python(seconds):
    return {"process_cpu_seconds_total": 0.5 * seconds}


def cadvisor(seconds):
    """The cgroup of `throttled`, whose host has the name of the container: it stood still in 6 of 10 periods."""
    labels = '{name="127.0.0.1",id="/docker/1"}'
    return {"container_cpu_cfs_periods_total" + labels: 10 * seconds,
            "container_cpu_cfs_throttled_periods_total" + labels: 6 * seconds,
            "container_spec_cpu_quota" + labels: 50000,
            "container_spec_cpu_period" + labels: 100000}


def default_set(seconds, cores, cycles, goal, goroutines=40, processors=2):
    """What client_golang's default collectors show, as far as the doctor reads it."""
    return {"go_goroutines": goroutines,
            "go_threads": 9,
            'go_info{version="go1.27.4"}': 1,
            "go_gc_gogc_percent": 100,
            "go_gc_gomemlimit_bytes": NO_LIMIT,
            "go_sched_gomaxprocs_threads": processors,
            "go_gc_duration_seconds_count": int(cycles * seconds),
            "go_gc_duration_seconds_sum": 0.0001 * cycles * seconds,
            "go_memstats_next_gc_bytes": goal,
            "go_memstats_sys_bytes": 2 * goal,
            "go_memstats_heap_idle_bytes": goal / 2,
            "go_memstats_heap_released_bytes": goal / 4,
            "go_memstats_alloc_bytes_total": 1e6 * seconds,
            "go_memstats_mallocs_total": 1e4 * seconds,
            "process_cpu_seconds_total": cores * seconds,
            "process_resident_memory_bytes": 2 * goal,
            "process_start_time_seconds": time.time() - 7200}


class Exporter:
    def __init__(self, metrics):
        start = time.monotonic()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                lines = ["%s %s" % pair for pair in metrics(time.monotonic() - start).items()]
                body = ("\n".join(lines) + "\n").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.name = metrics.__name__
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def config(exporters):
    jobs = [{"job_name": one.name, "static_configs": [{"targets": ["%s:%d" % (host_of(one), one.port)]}]}
            for one in exporters]
    return json.dumps({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs})


def host_of(exporter):
    """The container is found by the instance's host: only one service may have that of the fake container."""
    return "127.0.0.1" if exporter.name in ("throttled", "cadvisor") else "localhost"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return reply.read().decode()
    except (urllib.error.URLError, OSError):
        return None


def wait_for_history(prometheus, url, exporters):
    """Until every exporter was scraped over the whole window."""
    end = time.monotonic() + PATIENCE
    wanted = "/api/v1/query?query=count(up%%20offset%%20%ds)" % (WINDOW + 1)
    while time.monotonic() < end and prometheus.poll() is None:
        reply = answers(url + wanted)
        result = json.loads(reply)["data"]["result"] if reply else []
        if result and int(result[0]["value"][1]) == len(exporters):
            return True
        time.sleep(0.5)
    return False


def problems(command, url):
    done = subprocess.run(command + ["--prometheus", url, "--json", "--rate-window", str(WINDOW), "--growth-window",
                                     str(WINDOW)], capture_output=True, text=True, timeout=60)
    if done.returncode != 1:
        yield "exit code %d, not 1: %s" % (done.returncode, done.stderr)
        return
    report = json.loads(done.stdout)
    services = {service["job"]: service for service in report["services"]}
    order = [service["job"] for service in report["services"]]
    rules = {name: [finding["rule"] for finding in service["findings"]] for name, service in services.items()}
    print("\n".join("%-10s %-8s %5.2f cores  %s" % (name, services[name]["severity"], services[name].get("cores", 0),
                                                    "; ".join(f["why"] for f in services[name]["findings"]))
                    for name in order))
    if sorted(order) != ["churn", "healthy", "leak", "throttled"]:
        yield "services: %s" % order
        return
    if order[0] != "churn" or order[-1] != "healthy":
        yield "order: %s" % order
    for name, rule in [("churn", "R2/S05b"), ("throttled", "S11"), ("leak", "R6")]:
        if rules[name][:1] != [rule]:
            yield "%s: %s, not %s first" % (name, rules[name], rule)
    if rules["healthy"]:
        yield "healthy: %s" % rules["healthy"]
    if report["other_processes"] != 1:
        yield "%d other processes, not 1" % report["other_processes"]
    if not 1.5 < services["churn"].get("cores", 0) < 2.1:
        yield "churn uses %s cores, not 1.77" % services["churn"].get("cores")
    if "command" not in services["leak"] or "localhost" not in services["leak"]["command"]:
        yield "leak has no command: %s" % services["leak"].get("command")


def main():
    program = shutil.which("prometheus")
    if not program:
        print("skipped: no prometheus is installed")
        return 77
    exporters = [Exporter(metrics) for metrics in (churn, leak, healthy, throttled, python, cadvisor)]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "prometheus.yml").write_text(config(exporters))
        address = "127.0.0.1:%d" % free_port()
        with open(path / "log", "wb") as log:
            prometheus = subprocess.Popen(
                [program, "--config.file=%s" % (path / "prometheus.yml"), "--storage.tsdb.path=%s" % (path / "data"),
                 "--web.listen-address=%s" % address], stdout=log, stderr=log)
        try:
            if not wait_for_history(prometheus, "http://" + address, exporters):
                print((path / "log").read_text()[-3000:])
                print("fleet_live: prometheus did not scrape")
                return 1
            for _ in range(4):
                wrong = list(problems(sys.argv[1:], "http://" + address))
                if not wrong:
                    break
                time.sleep(WINDOW + 2)  # a machine that stood still leaves a gap in what was scraped
        finally:
            prometheus.terminate()
            prometheus.wait(20)
            for exporter in exporters:
                exporter.server.shutdown()
    for problem in wrong:
        print("fleet_live: " + problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
