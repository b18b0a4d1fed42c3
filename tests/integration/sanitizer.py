"""What a build with sanitizers wrote: such a program goes on after a report, or ends where nobody looks."""

import re

REPORT = re.compile(r"^.*(?:Sanitizer: |: runtime error: ).*\n(?:.*\n){0,60}", re.MULTILINE)


def first_report(log_path):
    """The first report in a log with what follows it; None when there is none."""
    try:
        with open(log_path, errors="replace") as log:
            found = REPORT.search(log.read())
    except OSError:
        return None
    return found and found.group()
