"""The service under test, and plain sockets to talk to it."""

import contextlib
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import urllib.request
from pathlib import Path


class CannotRun(Exception):
    """Why."""


def tool(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise CannotRun(f"{name} is not installed: tools/setup.sh foreign")
    return found


def output_of(*command) -> str:
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout


GET = b"GET /notes/1 HTTP/1.1\r\nHost: x\r\n\r\n"
TICKS = os.sysconf("SC_CLK_TCK")


class Service:
    """examples/notes on ports of its own, with a database of its own. `prefix`: words in front of its command, which
    end in replacing themselves by it."""

    def __init__(self, program: str, folder: Path, max_files: int = 0, environment: dict[str, str] | None = None,
                 prefix: tuple[str, ...] = (), arguments: tuple[str, ...] = ()):
        def limit() -> None:
            if max_files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (max_files, max_files))

        self.errors = open(folder / "stderr", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [*prefix, program, "--listen", "127.0.0.1:0", "--debug-listen", "127.0.0.1:0", "--database",
             folder / "notes.db", *arguments],
            stdout=subprocess.PIPE, stderr=self.errors, text=True, preexec_fn=limit,
            env={**os.environ, **(environment or {})})
        line = self.process.stdout.readline()
        found = re.fullmatch(r"notes: ([\d.]+):(\d+), debug ([\d.]+:\d+)\n", line)
        if not found:
            raise AssertionError(f"the service did not start: {line!r} {self.said()}")
        self.address = (found[1], int(found[2]))
        self.url = f"http://{found[1]}:{found[2]}"
        self.debug_url = f"http://{found[3]}"
        while self.get(self.debug_url + "/readyz")[0] != 200:
            pass

    def said(self) -> str:
        self.errors.flush()
        return Path(self.errors.name).read_text(encoding="utf-8")

    @staticmethod
    def get(url: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def add_note(self, text: str = "text", query: str = "") -> int:
        """Its status."""
        request = urllib.request.Request(self.url + "/notes" + query, method="POST",
                                         data=json.dumps({"title": "a", "text": text}).encode())
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def variable(self, name: str) -> int:
        """One of the runtime's metrics."""
        return json.loads(self.get(self.debug_url + "/debug/vars")[1])["weft"][name]

    def goroutines(self) -> int:
        return self.variable("/sched/goroutines:goroutines")

    def connections(self) -> int:
        """Descriptors that are sockets, beside the two listeners."""
        count = 0
        for each in Path(f"/proc/{self.process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                count += os.readlink(each).startswith("socket:")
        return count - 2

    def memory_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"RssAnon:\s+(\d+)", status)[1])

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def connect(self) -> socket.socket:
        connection = socket.create_connection(self.address, timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def unread(self, connection: socket.socket) -> int:
        """Bytes that the connection has sent and the service has not read."""
        (unacknowledged,) = struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4))
        port, peer = (f":{address[1]:04X}" for address in (self.address, connection.getsockname()))
        for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            _, local, remote, _, queues, *_ = line.split()
            if local.endswith(port) and remote.endswith(peer):
                return unacknowledged + int(queues.split(":")[1], 16)
        raise AssertionError("the service has no such connection")

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def running(program: str, folder: Path | None = None, **options):
    """A service that must still be well at the end, and end well."""
    with tempfile.TemporaryDirectory() as made:
        service = Service(program, folder or Path(made), **options)
        try:
            yield service
            if service.process.poll() is None:
                assert service.get(service.url + "/notes?limit=1")[0] == 200
                assert service.terminate() == 0, service.said()
        except BaseException:
            print(service.said())
            raise
        finally:
            service.process.kill()
            service.process.wait()
            service.errors.close()


def read_answer(connection: socket.socket) -> bytes:
    """One answer with a Content-Length; what came of it, where the client was told of an end before."""
    answer = b""
    while True:
        head = answer.find(b"\r\n\r\n")
        if head >= 0:
            length = re.search(rb"Content-Length: (\d+)", answer)
            if length is None or len(answer) >= head + 4 + int(length[1]):
                return answer
        more = connection.recv(65536)
        if not more:
            return answer
        answer += more


def is_whole(answer: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", answer)
    return head >= 0 and length is not None and len(answer) == head + 4 + int(length[1])
