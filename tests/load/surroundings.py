"""What a service stands on and does not command: the name servers, the container's quota."""

import contextlib
import http.server
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from service import GET, CannotRun, output_of, read_answer, running, tool

NAME_SERVER = "127.0.0.53"


class NameServer:
    """Says nothing, and hears that it was asked, until it is told to answer: then 127.0.0.1 to every A question."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.asked = threading.Event()
        self.answers = False
        try:
            self.socket.bind((NAME_SERVER, 53))
        except OSError as error:
            raise CannotRun(f"no name server can be had here: {error}") from error
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                query, client = self.socket.recvfrom(4096)
                self.asked.set()
                if self.answers:
                    self.socket.sendto(self.answer(query), client)

    @staticmethod
    def answer(query: bytes) -> bytes:
        question = query[12:query.index(0, 12) + 5]
        is_a = question[-4:-2] == b"\x00\x01"
        counts = b"\x00\x01" + (b"\x00\x01" if is_a else b"\x00\x00") + b"\x00\x00\x00\x00"
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04" + socket.inet_aton("127.0.0.1")
        return query[:2] + b"\x81\x80" + counts + question + (record if is_a else b"")


class Upstream(http.server.BaseHTTPRequestHandler):
    """The templates' service."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"text of " + self.path.encode())

    def log_message(self, *_) -> None:
        pass


def with_name_server_file(folder: Path) -> tuple[str, ...]:
    """The words that start a program whose /etc/resolv.conf names our server."""
    conf = folder / "resolv.conf"
    conf.write_text(f"nameserver {NAME_SERVER}\n", encoding="ascii")
    words = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(conf))
    tried = subprocess.run([*words, "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        raise CannotRun("no file can be mounted over /etc/resolv.conf here: " + tried.stderr.strip())
    return words


def names_down(program: str) -> None:
    """Name servers that do not answer hold up who asks them, and nobody else; once they answer, all is well."""
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    templates = f"http://templates.weft-test.example:{upstream.server_address[1]}/"
    names = NameServer()
    with tempfile.TemporaryDirectory() as folder:
        prefix = with_name_server_file(Path(folder))
        with running(program, prefix=prefix, arguments=("--templates", templates)) as service:
            service.add_note()
            body = b'{"title": "a"}'
            post = b"POST /notes?template=weekly HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            waiting = [service.connect() for _ in range(64)]
            for connection in waiting:
                connection.sendall(post)
            names.asked.wait()
            with service.connect() as other:
                for _ in range(1000):
                    other.sendall(GET)
                    assert read_answer(other).startswith(b"HTTP/1.1 200")
            for connection in waiting:
                # 504 of the service's deadline, unless the machine stood still until the resolver had given up: 502.
                assert read_answer(connection).startswith((b"HTTP/1.1 504", b"HTTP/1.1 502"))
                connection.close()
            names.answers = True
            statuses = set()
            while 201 not in statuses:
                statuses.add(service.add_note(query="?template=weekly"))
            print(statuses)
            assert statuses <= {201, 502, 504}, statuses
            assert "text of /weekly" in service.get(service.url + "/notes?after=1")[1]
    names.socket.close()
    upstream.shutdown()


class CpuGroup:
    """A cgroup with a CPU quota, below this process's own or as far up as one can be made; gone at the end."""

    PERIOD = 100_000  # microseconds

    def __init__(self):
        why_not = "no cpu controller is mounted"
        for above, self.version2 in self.places():
            self.folder = above / f"weft-load-{os.getpid()}"
            try:
                if self.version2:  # a group has the controller if the one above hands it down
                    with contextlib.suppress(OSError):
                        (above / "cgroup.subtree_control").write_text("+cpu", encoding="ascii")
                self.folder.mkdir()
                self.set_quota(1)
                return
            except OSError as error:
                why_not = str(error)
                if self.folder.exists():
                    self.remove()
        raise CannotRun(f"no CPU quota can be set here: {why_not}")

    @staticmethod
    def places() -> list[tuple[Path, bool]]:
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()]
        found = []
        for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
            _, mounted, kind, options = line.split()[:4]
            for _, controllers, path in groups:
                version1 = kind == "cgroup" and "cpu" in options.split(",") and "cpu" in controllers.split(",")
                version2 = kind == "cgroup2" and not controllers
                if version1 or version2:
                    own = Path(mounted + path)
                    found += [(above, version2) for above in (own, *own.parents) if above.is_relative_to(mounted)]
        return found

    def set_quota(self, processors: float) -> None:
        quota = str(int(processors * self.PERIOD))
        if self.version2:
            (self.folder / "cpu.max").write_text(f"{quota} {self.PERIOD}", encoding="ascii")
        else:
            (self.folder / "cpu.cfs_period_us").write_text(str(self.PERIOD), encoding="ascii")
            (self.folder / "cpu.cfs_quota_us").write_text(quota, encoding="ascii")

    def prefix(self) -> tuple[str, ...]:
        return "sh", "-c", 'echo 0 > "$0/cgroup.procs" && exec "$@"', str(self.folder)

    def remove(self) -> None:
        for _ in range(1000):  # the kernel takes a moment to forget who was in it
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.001)
        print("left behind:", self.folder)


def quota_changes(program: str) -> None:
    """The container's quota goes up and down under load: max_procs follows, and nobody notices."""
    if len(os.sched_getaffinity(0)) < 2:
        raise CannotRun("one processor")
    group = CpuGroup()
    try:
        with running(program, prefix=group.prefix()) as service:
            service.add_note()
            assert service.variable("/sched/gomaxprocs:threads") == 1
            said: list[str] = []
            load = threading.Thread(target=lambda: said.append(
                output_of(tool("wrk"), "-t1", "-c32", "-d8", "--timeout", "30", service.url + "/notes/1")))
            load.start()
            for quota, processors in ((2, 2), (0.5, 1), (2, 2), (0.2, 1), (1.5, 2)):
                group.set_quota(quota)
                while service.variable("/sched/gomaxprocs:threads") != processors:
                    pass
            load.join()
            print(said[0])
            assert int(re.search(r"(\d+) requests in", said[0])[1]) > 100
            assert "Socket errors" not in said[0] and "Non-2xx" not in said[0]
    finally:
        group.remove()
