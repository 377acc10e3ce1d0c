"""Profiles in the pprof format, made up byte by byte: those that no library would write too."""


def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def number_field(number, value):
    return varint(number << 3) + varint(value)


def bytes_field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def packed_field(number, values):
    return bytes_field(number, b"".join(map(varint, values)))


def value_type(kind, unit):
    return number_field(1, kind) + number_field(2, unit)


def sample(locations, values):
    return bytes_field(2, packed_field(1, locations) + packed_field(2, values))


def location(ident, function):
    return bytes_field(4, number_field(1, ident) + bytes_field(4, number_field(1, function) + number_field(2, 7)))


def function(ident, name):
    return bytes_field(5, number_field(1, ident) + number_field(2, name) + number_field(3, name))


# Strings 1 to 4 are the types and units of a CPU profile; names follow.
CPU_STRINGS = [b"", b"samples", b"count", b"cpu", b"nanoseconds"]
CPU_TYPES = bytes_field(1, value_type(1, 2)) + bytes_field(1, value_type(3, 4))
TEN_MS = 10_000_000


def cpu_profile(samples, names, extra=b"", seconds=10):
    """`samples`: pairs of a stack, by the numbers of names from 1, leaf first, and a count. One location a name."""
    out = [CPU_TYPES]
    out += [sample(stack, [count, count * TEN_MS]) for stack, count in samples]
    out += [location(i, i) for i in range(1, len(names) + 1)]
    out += [function(i, i + len(CPU_STRINGS) - 1) for i in range(1, len(names) + 1)]
    out += [bytes_field(6, text) for text in CPU_STRINGS + list(names)]
    out += [extra, number_field(10, seconds * 10**9), bytes_field(11, value_type(3, 4)), number_field(12, TEN_MS)]
    return b"".join(out)


GO_NAMES = [b"runtime.mallocgc", b"main.work", b"runtime.goexit"]


def busy_go_profile(**more):
    return cpu_profile([([1, 2, 3], 300), ([2, 3], 700)], GO_NAMES, **more)
