#!/usr/bin/env python3
"""Writes a made-up CPU profile of a large Go service: as many samples as it takes to fill so many bytes unpacked.

   bench/doctor/make_profile.py OUT.pb.gz [MEGABYTES=50]

Stacks share their roots as a real service's do, ids are sequential, every tenth sample has a label. The same arguments
give the same profile.
"""

import gzip
import random
import sys

FUNCTIONS, LOCATIONS = 40_000, 120_000
RUNTIME = ["runtime.mallocgc", "runtime.newobject", "runtime.gcBgMarkWorker", "runtime.schedule",
           "runtime.findRunnable",
           "runtime.chansend1", "runtime.copystack", "runtime.cgocall", "runtime.futex", "runtime.asyncPreempt"]


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def tables(rng: random.Random) -> bytes:
    """Strings, functions and locations; the first functions are the runtime's."""
    texts = ["", "samples", "count", "cpu", "nanoseconds", "tenant", "acme"]
    parts = []
    for index in range(FUNCTIONS):
        package = f"service/internal/part{index % 97}"
        name = RUNTIME[index] if index < len(RUNTIME) else f"example.com/{package}.(*Type{index}).Method"
        texts += [name, f"/build/{package}/file{index}.go"]
        string = len(texts) - 2
        parts.append(message(5, number(1, index + 1) + number(2, string) + number(3, string) + number(4, string + 1)))
    for index in range(LOCATIONS):
        lines = b"".join(message(4, number(1, 1 + int(FUNCTIONS * rng.random() ** 3)) + number(2, rng.randint(1, 2000)))
                         for _ in range(1 + (index % 4 == 0)))
        parts.append(message(4, number(1, index + 1) + number(2, 1) + number(3, 0x400000 + 16 * index) + lines))
    parts += [message(6, text.encode()) for text in texts]
    return b"".join(parts)


def samples(rng: random.Random, megabytes: int) -> bytes:
    ids = [varint(index + 1) for index in range(LOCATIONS)]

    def frames(count: int) -> bytes:
        """A few locations are on most stacks, most on few."""
        return b"".join(ids[int(LOCATIONS * rng.random() ** 4)] for _ in range(count))

    roots = [frames(rng.randint(5, 40)) for _ in range(150)]
    middles = [frames(rng.randint(3, 15)) for _ in range(1500)]
    label = message(3, number(1, 5) + number(2, 6))
    parts, size, count = [], 0, 0
    while size < megabytes << 20:
        stack = frames(rng.randint(1, 6)) + rng.choice(middles) + rng.choice(roots)
        weight = rng.randint(1, 3)
        content = message(1, stack) + message(2, varint(weight) + varint(weight * 10_000_000))
        parts.append(message(2, content + label if count % 10 == 0 else content))
        size += len(parts[-1])
        count += 1
    print(f"{count} samples", file=sys.stderr)
    return b"".join(parts)


def main() -> None:
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    rng = random.Random(1)
    table = tables(rng)
    types = message(1, number(1, 1) + number(2, 2)) + message(1, number(1, 3) + number(2, 4))
    header = number(10, 30_000_000_000) + message(11, number(1, 3) + number(2, 4)) + number(12, 10_000_000)
    mapping = message(3, number(1, 1) + number(2, 0x400000) + number(3, 0x4000000))
    profile = types + samples(rng, megabytes - (len(table) >> 20)) + mapping + table + header
    with open(sys.argv[1], "wb") as file:
        file.write(gzip.compress(profile, 6, mtime=0))
    print(f"{len(profile)} bytes unpacked", file=sys.stderr)


if __name__ == "__main__":
    main()
