"""How much user memory a server holds for a connection that was answered once and has been idle since."""

import contextlib
import http.client
import os
import re
import resource
from pathlib import Path

CONNECTIONS = 10_000
WARM = 200  # connections before the first look: what these bring along, the others find there
OTHER_FILES = 100


def allow_connections() -> int:
    """Raises the limit of open files, which the servers inherit, as far as it may be: so many connections fit."""
    wanted = WARM + CONNECTIONS + OTHER_FILES
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
        return CONNECTIONS
    except ValueError:  # the hard limit is lower, and not ours to raise
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return CONNECTIONS - (wanted - hard)


def anonymous_bytes(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return 1024 * int(re.search(r"^Anonymous:\s+(\d+) kB$", rollup, re.MULTILINE)[1])


def answered_once(address: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return connection


def bytes_of_idle(pid: int, address: str, count: int) -> float:
    """A connection's, while `count` of them and the first ones are kept."""
    with contextlib.ExitStack() as kept:
        def connect(number: int) -> int:
            for _ in range(number):
                kept.enter_context(contextlib.closing(answered_once(address)))
            return anonymous_bytes(pid)

        before, after = connect(WARM), connect(count)
        assert len(os.listdir(f"/proc/{pid}/fd")) > WARM + count, "the server has closed some"
        return (after - before) / count
