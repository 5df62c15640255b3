"""The nightly run in the hands of the operating system: systemd, launchd, Task Scheduler, cron.

Knows settings and files, neither the ledger nor the model.
"""

from sealmate.schedule.choose import KINDS, choose, detect
from sealmate.schedule.plan import Plan, next_time, parse_time, plan_for
from sealmate.schedule.state import Status, next_night, status

__all__ = [
    "KINDS",
    "Plan",
    "Status",
    "choose",
    "detect",
    "next_night",
    "next_time",
    "parse_time",
    "plan_for",
    "status",
]
