"""All pages of one preview, opened by people who were chosen once, in whatever language and theme a browser asks for."""

import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

from tests.browser.conftest import OPTIONS
from tests.browser.pages import RIN, choose
from tests.browser.previews import Preview

LANGUAGES, THEMES = ("en", "ja", "es"), ("light", "dark")


class Walk:
    """A preview whose people have no language of their own: each page speaks what its browser asks for."""

    def __init__(self, browser, folder):
        self.browser = browser
        self.preview = Preview("--keep", str(folder), program="tests.kept_templates")
        self.url = self.preview.url
        self._database = Path(folder) / "preview.db"
        self._write("UPDATE contact SET locale = ''")
        self._kept = {None: None}

    def cookies(self, person):
        """Return what a browser keeps of being that person."""
        if person not in self._kept:
            context = self.browser.new_context(base_url=self.url)
            choose(context.new_page(), person)
            self._kept[person] = context.storage_state()
            context.close()
            if person == RIN:  # was chosen so long ago that the password is asked for again
                self._write(
                    "UPDATE session SET confirmed_at = NULL WHERE contact_id = (SELECT id FROM contact WHERE name = ?)",
                    RIN,
                )
        return self._kept[person]

    def lengthen(self, table, column, by):
        """Append words to a column of each row; whom one wants to be has to be chosen before."""
        self._write(f"UPDATE {table} SET {column} = {column} || ?", by)

    def _write(self, statement, *values):
        with closing(sqlite3.connect(self._database, timeout=30)) as connection, connection:
            connection.execute(statement, values)

    @contextmanager
    def window(self, person, **options):
        """Give an empty page in which one is that person; its window is closed afterwards."""
        # Nothing moves: between one theme and another no colour is on its way when it is looked at.
        options = {"locale": "en", "timezone_id": "Asia/Tokyo", "reduced_motion": "reduce", **options}
        context = self.browser.new_context(base_url=self.url, storage_state=self.cookies(person), **options)
        try:
            yield context.new_page()
        finally:
            context.close()

    def stop(self):
        """End the preview."""
        self.preview.stop()


@contextmanager
def walk():
    """Give a Walk with a browser of its own: for commands. Tests have the fixture `walking`."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        walking = Walk(browser, folder)
        try:
            yield walking
        finally:
            browser.close()
            walking.stop()
