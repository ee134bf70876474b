"""Runs a command and prints its time and peak memory: `{"seconds": …, "peak_mib": …}`. Needs only Python.

    python clock.py COMMAND...
"""

import json
import resource
import subprocess
import sys
import time

start = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # In KiB on Linux, in bytes on macOS.
print(json.dumps({"seconds": seconds, "peak_mib": peak / (2**20 if sys.platform == "darwin" else 2**10)}))
sys.exit(code)
