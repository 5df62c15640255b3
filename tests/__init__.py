"""The tests. They and all their processes are in one time zone, whatever the computer's.

Each of several workers keeps to cores of its own, and so do all its processes: two trainings that
both use every core hinder each other far more than they gain.
"""

import os
import time

os.environ["TZ"] = "UTC"
if hasattr(time, "tzset"):
    time.tzset()

_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if _worker.startswith("gw") and _workers > 1 and hasattr(os, "sched_setaffinity"):
    _cores = sorted(os.sched_getaffinity(0))
    _own = _cores[int(_worker[2:]) % len(_cores) :: _workers]
    os.sched_setaffinity(0, _own)
