"""Have the Nu HTML checker read every page as it is sent, before a browser has mended anything.

python -m tests.browser.check_html VNU_JAR    (the file of the npm package vnu-jar; Java runs it)
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.browser.pages import PAGES, open_named
from tests.browser.walking import walk


def main(jar):
    """Print what the checker holds against each page; return how many errors it found."""
    with tempfile.TemporaryDirectory() as folder:
        with walk() as walking:
            for name in PAGES:
                (Path(folder) / f"{name}.html").write_bytes(_as_sent(walking, name))
        found = _checked(jar, folder)
    for one in found:
        print(f"{Path(one['url']).stem}, line {one.get('lastLine')}: {one['message']}\n    {one.get('extract', '')!r}")
    print(f"{len(PAGES)} pages, {len(found)} errors")
    return len(found)


def _as_sent(walking, name):
    sent = []
    with walking.window(PAGES[name][0]) as page:
        page.on("response", lambda answer: _is_page(answer, page) and sent.append(answer))
        open_named(page, name)
        return sent[-1].body()


def _is_page(answer, page):
    return answer.request.resource_type == "document" and answer.frame == page.main_frame


def _checked(jar, folder):
    command = ["java", "-jar", jar, "--format", "json", "--errors-only", "--exit-zero-always", "--stdout", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["messages"]


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1]), 1))
