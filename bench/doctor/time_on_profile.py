#!/usr/bin/env python3
"""Times a command on a profile of 50 MB unpacked, which is made if it is not there yet.

   bench/doctor/time_on_profile.py ROW PROFILE COMMAND...     the command is given the profile as its last argument

Prints two measurements as JSON, in the form of the other benchmarks: ROW, the seconds from start to end, and
ROW/memory, the most resident memory in MB.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

JUDGED = (0, 1)  # the doctor ends with 1 where it found something


def main() -> None:
    row, profile, command = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    if not profile.exists():
        partial = profile.with_suffix(".partial")
        subprocess.run([sys.executable, Path(__file__).with_name("make_profile.py"), partial], check=True)
        partial.rename(profile)
    began = time.monotonic()
    child = subprocess.Popen([*command, profile], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.monotonic() - began
    code = os.waitstatus_to_exitcode(status)
    if code not in JUDGED:
        sys.exit(f"{command[0]}: exit code {code}")
    print(json.dumps({"name": row, "value": seconds, "unit": "s", "cpu": usage.ru_utime + usage.ru_stime}))
    print(json.dumps({"name": f"{row}/memory", "value": usage.ru_maxrss / 1024, "unit": "MB"}))


if __name__ == "__main__":
    main()
