"""Facts about the machine and the tools that a measurement depends on."""

from __future__ import annotations

import datetime
import os
import platform
import re
import resource
import subprocess
from pathlib import Path

BUSY_SHARE = 0.02

def first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.splitlines()[0].strip() if done.returncode == 0 and done.stdout else ""


def read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def processor_model() -> str:
    model = re.search(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo"), re.M)
    name = model.group(1) if model else platform.machine()
    return name + (", virtualized" if " hypervisor" in read("/proc/cpuinfo") else "")


def commit(root: Path) -> str:
    return first_line("git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=10") or "unknown"


def cache_entry(build: Path, key: str) -> str:
    entry = re.search(rf"^{key}:[A-Z]+=(.*)$", read(str(build / "CMakeCache.txt")), re.M)
    return entry.group(1) if entry else ""


def compiler(build: Path) -> str:
    path = cache_entry(build, "CMAKE_CXX_COMPILER")
    kind = cache_entry(build, "CMAKE_BUILD_TYPE")
    flags = cache_entry(build, f"CMAKE_CXX_FLAGS_{kind.upper()}")
    return f"{first_line(path, '--version') or path}, {kind} ({flags})"


def find_go(root: Path) -> str | None:
    return first_line(str(root / "tools/install_go.sh"), "--find") or None


def facts(root: Path, build: Path, go: str | None) -> list[tuple[str, str]]:
    memory = re.search(r"MemTotal:\s*(\d+)", read("/proc/meminfo"))
    quota = read("/sys/fs/cgroup/cpu.max").strip()
    rows = [
        ("Date", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("Commit", commit(root)),
        ("Cores", f"{len(os.sched_getaffinity(0))} x {processor_model()}"),
        ("Memory", f"{int(memory.group(1)) / 2**20:.1f} GiB" if memory else "unknown"),
        ("CPU quota", "none" if not quota or quota.startswith("max") else quota),
        ("Kernel", f"{platform.system()} {platform.release()}"),
        ("C++ compiler", compiler(build)),
    ]
    return rows + [("Go", first_line(go, "version") if go else "none found: its column is missing")]


class Bystanders:
    """How much CPU others used while this process and its children measured."""

    def __init__(self) -> None:
        self.ticks_per_second = os.sysconf("SC_CLK_TCK")
        self.busy, self.total = self.read_cores()
        self.own = self.read_own()

    def read_cores(self) -> tuple[float, float]:
        """Busy and total seconds of all cores; steal counts as busy: somebody else had the core."""
        ticks = [int(word) for word in read("/proc/stat").splitlines()[0].split()[1:9]]
        idle = ticks[3] + ticks[4]
        return (sum(ticks) - idle) / self.ticks_per_second, sum(ticks) / self.ticks_per_second

    @staticmethod
    def read_own() -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    def share(self) -> float:
        """The part of all cores' time that went to others."""
        busy, total = self.read_cores()
        others = (busy - self.busy) - (self.read_own() - self.own)
        return max(0.0, others / max(1e-9, total - self.total))

    def remarks(self) -> list[str]:
        share = self.share()
        busy = f"The machine was not quiet: others used {share:.0%} of its cores' time meanwhile."
        return [busy] if share > BUSY_SHARE else []
