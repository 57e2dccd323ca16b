"""Which statements a piece of work sends to the database."""

import logging
from contextlib import contextmanager


class _Kept(logging.Handler):
    def __init__(self, with_values):
        super().__init__()
        self.statements, self.with_values = [], with_values

    def emit(self, record):
        sql, values = record.msg if isinstance(record.msg, tuple) else (record.getMessage(), ())
        self.statements.append((sql, values) if self.with_values else sql)


@contextmanager
def statements(with_values=False):
    """Yield the list to which each SQL statement of the block is added, as (SQL, values) if so wished."""
    logger, kept = logging.getLogger("peewee"), _Kept(with_values)
    level = logger.level
    logger.addHandler(kept)
    logger.setLevel(logging.DEBUG)
    try:
        yield kept.statements
    finally:
        logger.setLevel(level)
        logger.removeHandler(kept)
