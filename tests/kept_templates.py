"""`flask` as it is, but for its templates: compiled once for all processes of a test run, not by each anew."""

import os

from flask import Flask
from flask.cli import main
from jinja2 import FileSystemBytecodeCache

PLACE = "KEPT_TEMPLATES"  # the folder of this run


class _Kept(FileSystemBytecodeCache):
    """Keeps the templates of mails, which are cut otherwise, apart from the same ones read as pages."""

    def get_bucket(self, environment, name, filename, source):
        return super().get_bucket(environment, f"{name} {environment.trim_blocks}", filename, source)


def kept():
    """Return the cache of this run, or None where there is no run."""
    return _Kept(os.environ[PLACE]) if PLACE in os.environ else None


if __name__ == "__main__":
    Flask.jinja_options = {"bytecode_cache": kept()}
    main()
