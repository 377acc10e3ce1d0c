"""SIGTERM, while clients are at it."""

import signal
import socket
import threading
import time

from service import GET, Service, is_whole, read_answer, running

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NOTE = b'{"title": "a", "text": "b"}'
POST = b"POST /notes HTTP/1.1\r\nExpect: 100-continue\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(NOTE) + NOTE


def terminated_under_load(program: str) -> None:
    """SIGTERM while clients come: whoever was let in is answered, whole. The kernel resets the few that it had let in
    after the service last looked and before the listener was closed."""
    for _ in range(5):
        with running(program) as service:
            service.add_note()
            outcomes: dict[str, int] = {}
            lock = threading.Lock()

            def visit() -> str:
                begin = time.monotonic()
                try:
                    connection = service.connect()
                except ConnectionError:
                    return "refused"
                with connection:
                    try:
                        connection.sendall(GET)
                        seconds = time.monotonic() - begin
                        answer = read_answer(connection)
                    except ConnectionError:
                        return "reset"
                if is_whole(answer) and answer.startswith(b"HTTP/1.1 200"):
                    return "answered"
                # Whoever has sent nothing within a second is not waited for.
                return "too late" if not answer and seconds > 0.9 else f"lost {answer!r}"

            def visit_until_refused() -> None:
                outcome = ""
                while outcome != "refused":
                    outcome = visit()
                    with lock:
                        outcomes[outcome] = outcomes.get(outcome, 0) + 1

            visitors = [threading.Thread(target=visit_until_refused) for _ in range(16)]
            for visitor in visitors:
                visitor.start()
            while outcomes.get("answered", 0) < 300:
                time.sleep(0.01)
            assert service.terminate() == 0, service.said()
            for visitor in visitors:
                visitor.join()
            print(outcomes)
            assert set(outcomes) <= {"answered", "refused", "reset", "too late"}, outcomes
            assert outcomes.get("reset", 0) <= 16, outcomes


def begin_requests(service: Service) -> list[socket.socket]:
    """Kept connections that have each been answered once, with a request that the service has begun to read: half of a
    head, which has left the kernel's buffer, or all but the body, of which it says so."""
    begun = []
    for number in range(16):
        connection = service.connect()
        connection.sendall(GET)
        assert is_whole(read_answer(connection))
        if number % 2 == 0:
            connection.sendall(POST[:20])
            while service.unread(connection) != 0:
                pass
        else:
            connection.sendall(POST[:-len(NOTE)])
            assert connection.recv(65536) == CONTINUE
        begun.append(connection)
    return begun


def terminated_with_kept_connections(program: str) -> None:
    """SIGTERM while clients use their connections again and again: what the service has begun to read is answered, and
    no answer is cut off. A request that crosses the end of its connection on the wire gets no byte of an answer, and
    the client knows that it may send it again: RFC 9112, 9.6. A round in which this machine stood still for so long
    that the service gave up on half a head, after ten seconds, says nothing; not all can be such."""
    totals: dict[str, int] = {}
    for _ in range(5):
        with running(program) as service:
            service.add_note()
            outcomes: dict[str, int] = {}
            lock = threading.Lock()

            def ask(connection: socket.socket) -> str:
                try:
                    connection.sendall(GET)
                    answer = read_answer(connection)
                except ConnectionError:
                    return "reset"
                if not answer:
                    return "ended"
                if not is_whole(answer) or not answer.startswith(b"HTTP/1.1 200"):
                    return f"lost {answer!r}"
                return "told to close" if b"Connection: close" in answer else "answered"

            def ask_until_told(connection: socket.socket) -> None:
                outcome = "answered"
                while outcome == "answered":
                    outcome = ask(connection)
                    with lock:
                        outcomes[outcome] = outcomes.get(outcome, 0) + 1

            begin = time.monotonic()
            begun = begin_requests(service)
            kept = [service.connect() for _ in range(16)]
            askers = [threading.Thread(target=ask_until_told, args=(connection,)) for connection in kept]
            for asker in askers:
                asker.start()
            while outcomes.get("answered", 0) < 300:
                time.sleep(0.01)
            service.process.send_signal(signal.SIGTERM)
            for asker in askers:
                asker.join()  # each is told, or its connection ends
            if time.monotonic() - begin > 8:
                continue
            for number, connection in enumerate(begun):
                connection.sendall(POST[20:] if number % 2 == 0 else NOTE)
                answer = read_answer(connection).removeprefix(CONTINUE) or read_answer(connection)
                assert is_whole(answer) and answer.startswith(b"HTTP/1.1 201"), (number, answer)
                assert b"Connection: close" in answer, answer
                assert connection.recv(1) == b""
            assert service.process.wait(timeout=60) == 0, service.said()
            for connection in kept + begun:
                connection.close()
            print(outcomes)
            assert set(outcomes) <= {"answered", "told to close", "ended", "reset"}, outcomes
            totals = {each: totals.get(each, 0) + outcomes.get(each, 0) for each in totals | outcomes}
    print("all:", totals)  # "ended" is for who was between two requests: as many as that may be
    assert totals.get("reset", 0) <= 16, "they had come before their connection was closed"
    assert totals.get("told to close", 0) > 0, "some were being answered"
