"""The rows of docs/benchmarks.md: what is measured, in which order, and the goal it is held against.

The goals were set before weft was written, on a machine of two cores where Go 1.27 was measured as well. Where Go's
figure of then is known the goal is a ratio: a machine that is slower, or busy, is slower for both.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    name: str  # of the measurement, as the programs print it
    title: str
    goal: float | None = None  # at most so much; None: none was set
    go_then: float | None = None  # what Go took when the goal was set; None: the goal is no ratio
    twin: str = ""  # the others' name for it, if it is another

    @property
    def goal_ratio(self) -> float | None:
        return self.goal / self.go_then if self.goal is not None and self.go_then else None

    @property
    def name_elsewhere(self) -> str:
        return self.twin or self.name


def parked(prefix: str, stacks: str) -> list[Row]:
    """The rows of a million parked goroutines, which the others have with one kind of stack only."""

    def row(what: str, title: str, goal: float | None, go_then: float | None = None) -> Row:
        return Row(f"{prefix}/{what}", f"{title}, {stacks}", goal, go_then, f"parked_1m/{what}")

    return [
        row("spawn_fresh", "spawn until parked, fresh", 1000, 1613),
        row("spawn_reused", "spawn until parked, reused", 400),
        row("wake", "wake and finish", 200, 356),
        row("resident", "resident memory", 4300),
        row("page_tables", "page tables", None),
    ]


SECTIONS: list[tuple[str, list[Row]]] = [
    (
        "Switching and starting goroutines",
        [
            Row("yield@1", "yield between two goroutines, 1 processor", 12, 76),
            Row("spawn/batch@1", "spawn and finish, batches of 1,000, 1 processor", 40, 168),
            Row("spawn/batch@2", "spawn and finish, batches of 1,000, 2 processors", 50, 172),
            Row("spawn/one_and_wait@1", "spawn one and wait for it", 70, 273),
            Row("spawn/one_with_result@1", "spawn one and take its result"),
        ],
    ),
    (
        "Channels and select",
        [
            Row("chan/round_trip@1", "unbuffered round trip (4 operations), 1 processor", 60, 252),
            Row("chan/round_trip@2", "unbuffered round trip (4 operations), 2 processors", 60, 229),
            Row("chan/buffered_item@1", "an item through a buffer of 128, 1 processor", 10, 32),
            Row("chan/buffered_item@2", "an item through a buffer of 128, 2 processors", 15, 36),
            Row("chan/uncontended@1", "buffered send and receive in one goroutine", 10, 29),
            Row("select/ready_2@1", "select over 2 ready channels", 20, 52),
            Row("select/ready_8@1", "select over 8 ready channels", 60, 221),
            Row("select/otherwise@1", "select over 2 empty channels with otherwise", 10, 37),
            Row("select/round_trip@1", "blocking round trip through selects of 2", 90, 304),
        ],
    ),
    (
        "Locks, pools, contexts",
        [
            Row("mutex/uncontended@1", "Mutex, uncontended", 9, 9.5),
            Row("mutex/contended_8@2", "Mutex, 8 goroutines", 15, 18),
            Row("mutex/contended_8_100ns@2", "Mutex, 8 goroutines, a section of 100 ns", 128, 128),
            Row("shared_mutex/read@1", "SharedMutex read, 1 thread", 8, 9.7),
            Row("shared_mutex/read@2", "SharedMutex read, 2 threads", 8, 13.9),
            Row("pool/get_put@1", "Pool get and put, 1 thread", 4, 9.5),
            Row("pool/get_put@2", "Pool get and put, 2 threads", 2, 4.8),
            Row("context/with_cancel@1", "with_cancel: create and cancel", 50, 72),
        ],
    ),
    (
        "Calls into C",
        [
            Row("foreign/call@1", "an empty call", 2, 20),
            Row("foreign/call@2", "an empty call, on 2 threads at once", 2, 20),
            Row("pin/round_trip@2", "a pinned goroutine and a free one, a round trip", 400),
        ],
    ),
    (
        "A million of them",
        [
            *parked("parked_1m", "default stacks"),
            *parked("parked_1m_64k", "64 KiB stacks"),
            Row("timer_1m/arm", "arm a timer, 1 M pending", 100, 264),
            Row("timer_1m/cancel", "cancel a timer, 1 M pending", 30, 50),
            Row("sleepers_1m@2", "1 M goroutines sleeping: late, p99", 50, 141),
        ],
    ),
    (
        "Served in time, on 2 processors (lateness, p99)",
        [
            Row("ticker/idle@2", "a 1 ms ticker alone"),
            Row("ticker/spinning_2@2", "a 1 ms ticker beside 2 goroutines that spin", 2),
            Row("ticker/spinning_4@2", "a 1 ms ticker beside 4 goroutines that spin", 4),
            Row("ticker/blocked_2@2", "a 1 ms ticker beside 2 goroutines blocked in C, 50 ms at a time", 1),
            Row("ticker/blocked_64@2", "a 1 ms ticker beside 64 goroutines blocked in C, 50 ms at a time", 1),
            Row("socket/spinning_2@2", "a readable socket beside 2 goroutines that spin", 2),
            Row("socket/spinning_4@2", "a readable socket beside 4 goroutines that spin"),
        ],
    ),
    (
        "Start and rest",
        [
            Row("start/main", "exec to main", 0.7, 0.9),
            Row("start/main_static", "exec to main, libstdc++ linked in", 0.7, 0.9, "start/main"),
            Row("idle/parked@2", "wake-ups of a program in which all wait", 0),
            Row("idle/ticker@2", "CPU of a program in which one goroutine ticks each millisecond"),
            Row("idle/one_in_c@2", "wake-ups of a program whose one goroutine is blocked in C"),
        ],
    ),
    (
        "The doctor",
        [
            Row("doctor/profile_50mb", "a profile of 50 MB, read and judged; go tool pprof -top", 1),
            Row("doctor/profile_50mb/memory", "memory for it", 300),
        ],
    ),
]

ROWS: list[Row] = [row for _, rows in SECTIONS for row in rows]
