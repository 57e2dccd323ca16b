"""The service requests of the preview, read from scripts in plain text.

A request begins with `=== 5d 09:14 haruto: Subject`: days ago and time of day where the customer is, or `2h` before
now. Lines `key: value` follow, then a blank line and the description. `@ 40m noor waiting` is the next entry, so long
after the one before: a reply, with a status or `internal`; or an act: `reads`, `downloads name`, `severity 2`,
`assigns noor`. `+ name` attaches a file.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

FOLDER = Path(__file__).parent / "stories"
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass
class Entry:
    """One step of a thread: so long after the one before, by whom, what is done, the text and the files."""

    after: timedelta
    by: str
    acts: list
    lines: list = field(default_factory=list)
    files: list = field(default_factory=list)

    @property
    def text(self):
        """Return what was written; empty where the step is an act alone."""
        return "\n".join(self.lines).strip()


@dataclass
class Story:
    """One service request: when it began, its subject and choices, and its thread, the description first."""

    began: str
    subject: str
    choices: dict
    thread: list

    def begins_at(self, stage, timezone):
        """Return the instant of the description, naive UTC."""
        day, _, at_time = self.began.partition(" ")
        return stage.ago(int(day[:-1]), at_time, timezone) if at_time else stage.now - delay(day)


def delay(text):
    """Return `40m`, `3h` or `2d` as a time difference."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def read_all(folder=FOLDER):
    """Return every Story of the scripts in `folder`."""
    scripts = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt")))
    return [_read(part) for script in scripts for part in re.split(r"^=== ", script, flags=re.MULTILINE)[1:]]


def _read(part):
    heading, *lines = part.splitlines()
    began, by, subject = re.fullmatch(r"(.+?) (\w+): (.+)", heading).groups()
    blank = lines.index("")
    choices = dict(line.split(": ", 1) for line in lines[:blank])
    thread = [Entry(timedelta(0), by, [])]
    for line in lines[blank + 1 :]:
        if line.startswith("@ "):
            after, author, *acts = line[2:].split()
            thread.append(Entry(delay(after), author, acts))
        elif line.startswith("+ "):
            thread[-1].files.append(line[2:])
        else:
            thread[-1].lines.append(line)
    return Story(began, subject, choices, thread)
