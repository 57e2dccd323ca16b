"""Which statements a piece of work sends to the database."""

import logging
from contextlib import contextmanager


class _Kept(logging.Handler):
    def __init__(self):
        super().__init__()
        self.statements = []

    def emit(self, record):
        self.statements.append(record.msg[0] if isinstance(record.msg, tuple) else record.getMessage())


@contextmanager
def statements():
    """Yield the list to which each SQL statement of the block is added."""
    logger, kept = logging.getLogger("peewee"), _Kept()
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.DEBUG)
    try:
        yield kept.statements
    finally:
        logger.setLevel(level)
        logger.removeHandler(kept)
