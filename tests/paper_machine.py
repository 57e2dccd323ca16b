"""A machine on paper: what the pages under docs/ say is run as it stands, its folders moved into a scratch place.

`sudo` runs the rest of its line, `systemctl` starts and stops what the unit file says, and what would need an account or
a group does nothing. Everything else is the real program.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(?:<!-- not run: ([^\n]+) -->\n)?```sh\n(.*?)```", re.DOTALL)
MOVED = ("/opt/", "/etc/", "/var/", "/usr/local/bin/")
STAND_INS = {
    "sudo": '[ "$1" = -u ] && shift 2\nexec "$@"',
    "runuser": 'shift 3\nexec "$@"',
    "chown": "",
    "nginx": "",
    "systemctl": r"""
unit=PLACE/etc/systemd/system/partner-portal.service
stop() { [ -s PLACE/pid ] && kill "$(cat PLACE/pid)" && tail --pid="$(cat PLACE/pid)" -f /dev/null; rm -f PLACE/pid; }
start() {
    set -a; . "$(sed -n 's/^EnvironmentFile=//p' $unit)"; set +a
    cd "$(sed -n 's/^WorkingDirectory=//p' $unit)"
    setsid $(sed -n 's/^ExecStart=//p' $unit) >>PLACE/log 2>&1 </dev/null & echo $! >PLACE/pid
}
case "$1 ${2#--now }" in
    "daemon-reload "|"reload nginx") ;;
    "start partner-portal"|"enable --now") start ;;
    "stop partner-portal") stop ;;
    "restart partner-portal") stop; start ;;
    *) echo "no such thing: systemctl $*" >&2; exit 1 ;;
esac
""",
}


def blocks(page):
    """Return [(why it is not run or None, text)] of the page's shell blocks, in order."""
    return [(found[1], found[2]) for found in BLOCK.finditer((ROOT / page).read_text(encoding="utf-8"))]


class Machine:
    """A scratch folder in place of a machine's root, with the portal's code where install.md puts it."""

    def __init__(self, place):
        self.place = Path(place)
        self.port = _free_port()
        for folder in ("bin", "usr/local/bin", "etc/systemd/system", "etc/cron.d", "var/lib/partner-portal"):
            (self.place / folder).mkdir(parents=True)
        for folder in ("etc/nginx/sites-available", "etc/nginx/sites-enabled"):
            (self.place / folder).mkdir(parents=True)
        self._put_the_code()
        for name, text in STAND_INS.items():
            _write_program(self.place / "bin" / name, text.replace("PLACE", str(self.place)))

    def _put_the_code(self):
        code = self.place / "opt/partner-portal"
        for name in ("portal", "templates", "static"):
            shutil.copytree(ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo", "*.pyc"))
        shutil.copy(ROOT / "app.py", code)
        _write_program(code / ".venv/bin/python", f'exec {sys.executable} "$@"')
        _write_program(code / ".venv/bin/flask", f'exec {sys.executable} -m flask "$@"')

    def moved(self, text):
        """Return `text` with its folders and its port moved to this machine."""
        for folder in MOVED:
            text = re.sub(rf"(?<![\w.]){folder}", f"{self.place}{folder}", text)
        return re.sub(r"\b8000\b", str(self.port), text)

    def run(self, text, typed=""):
        """Run the text as bash does and stop at its first failure; `typed` is what somebody types. Return what it said."""
        environ = {
            name: value for name, value in os.environ.items() if name in {"HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"}
        }
        environ["PATH"] = f"{self.place}/bin:{self.place}/usr/local/bin:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.moved(text)],
            cwd=self.place,
            env=environ,
            input=typed,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # without a terminal, passwords are read from what is typed
            timeout=60,
        )
        assert done.returncode == 0, f"{text}\n--- said:\n{done.stdout}"
        return done.stdout

    def stop(self):
        """End the service, if it runs."""
        self.run("systemctl stop partner-portal")


def _write_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
