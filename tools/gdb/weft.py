"""gdb commands for programs on weft.  In gdb:  source tools/gdb/weft.py

  info goroutines        every goroutine: id, state, what it waits for, name, where it stands
  goroutine ID COMMAND   runs a gdb command (bt, info locals, ...) in a parked or ready goroutine's context

The second changes the current thread's registers for the length of the command and puts them back: a live process
only, not a core file. x86-64 and AArch64.
"""

import gdb

STATES = {0: "dead", 1: "fresh", 2: "runnable", 3: "running", 4: "parked"}
X86_FRAME = ["fpu", "r15", "r14", "r13", "r12", "rbx", "rbp", "rip"]
ARM_FRAME = ["x%d" % n for n in range(19, 31)]
ARM_FRAME_BYTES = 176


def goroutines():
    """Yields a gdb.Value for each goroutine that is not dead."""
    layout = gdb.parse_and_eval("'weft::sched::StackPool::kDebugLayout'")
    colors = int(layout["colors"])
    sizes = layout["class_bytes"]["_M_elems"]
    block_type = gdb.lookup_type("weft::detail::Goroutine")
    classes = layout["pool"]["classes_"]["_M_elems"]
    generation = atomic(gdb.parse_and_eval("'weft::sched::the_scheduler'")["fork_generation"])
    for size_class in range(classes.type.strip_typedefs().range()[1] + 1):
        stride = int(sizes[size_class])
        for k in range(atomic(classes[size_class]["chunk_count"])):
            chunk = classes[size_class]["chunks"]["_M_elems"][k]
            for index in range(atomic(chunk["used"])):
                top = int(chunk["base"]) + (index + 1) * stride
                address = (top - block_type.sizeof - (index % colors) * 64) & ~63
                g = gdb.Value(address).cast(block_type.pointer()).dereference()
                if atomic(g["status"]) > 1 and atomic(g["fork_generation"]) == generation:
                    yield g


def atomic(value):
    """The number inside a std::atomic of libstdc++."""
    return int(value["_M_i"])


def name_of(g):
    """The goroutine's name in quotes after a space; empty where it has none."""
    name = gdb.Value(int(g["name"].address)).cast(gdb.lookup_type("char").pointer()).string()
    return ' "%s"' % name if name else ""


def saved_registers(g):
    """Name to value, as context_*.S laid them down."""
    sp = int(g["context_sp"])
    word = gdb.lookup_type("unsigned long").pointer()
    arm = gdb.selected_inferior().architecture().name().startswith("aarch64")
    names = ARM_FRAME if arm else X86_FRAME
    values = {name: int(gdb.Value(sp + 8 * i).cast(word).dereference()) for i, name in enumerate(names)}
    if arm:
        values["pc"], values["sp"] = values["x30"], sp + ARM_FRAME_BYTES
    else:
        del values["fpu"]
        values["rsp"] = sp + 8 * len(names)
    return values


class InfoGoroutines(gdb.Command):
    """List weft's goroutines."""

    def __init__(self):
        super().__init__("info goroutines", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for g in goroutines():
            state = atomic(g["status"])
            reason = " (%s)" % str(g["wait_reason"]).split("::k")[-1] if state == 4 else ""
            name = name_of(g)
            where = ""
            if state != 3:
                registers = saved_registers(g)
                pc = registers.get("rip", registers.get("pc"))
                where = " at %s" % gdb.execute("info symbol 0x%x" % pc, to_string=True).split(" in section")[0].strip()
            print("%d%s %s%s%s" % (atomic(g["id"]), name, STATES[state], reason, where))


class InGoroutine(gdb.Command):
    """goroutine ID COMMAND: run a gdb command in a parked or ready goroutine."""

    def __init__(self):
        super().__init__("goroutine", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        number, _, command = argument.partition(" ")
        if not number.isdigit() or not command:
            raise gdb.GdbError("usage: goroutine ID COMMAND")
        found = [g for g in goroutines() if atomic(g["id"]) == int(number)]
        if not found:
            raise gdb.GdbError("no goroutine %s" % number)
        if atomic(found[0]["status"]) == 3:
            raise gdb.GdbError("goroutine %s runs: use `thread apply all bt`" % number)
        wanted = saved_registers(found[0])
        frame = gdb.selected_frame()
        gdb.newest_frame().select()
        before = {name: int(gdb.parse_and_eval("(unsigned long)$" + name)) for name in wanted}
        try:
            for name, value in wanted.items():
                gdb.execute("set $%s = 0x%x" % (name, value), to_string=True)
            gdb.execute(command, from_tty)
        finally:
            for name, value in before.items():
                gdb.execute("set $%s = 0x%x" % (name, value), to_string=True)
            if frame.is_valid():
                frame.select()


InfoGoroutines()
InGoroutine()
