"""CSV files as answers: streamed row by row, and safe in a spreadsheet."""

import csv
import io
from datetime import UTC

from flask import Response, stream_with_context

FORMULA = ("'", "=", "+", "-", "@", "\t", "\r")


def led(cell):
    """Return the cell as text, led by `'` where a spreadsheet would take it for a formula (SPEC 6)."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def instant(when):
    """Return a naive-UTC instant as ISO 8601 with its offset; nothing for None."""
    return when.replace(tzinfo=UTC).isoformat() if when else ""


def answer(name, header, rows):
    """Return a streamed download called `name` with the header and each of `rows`, which are sequences of cells."""
    response = Response(stream_with_context(_lines(header, rows)), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _lines(header, rows):
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for row in rows:
        writer.writerow([led(cell) for cell in row])
        if buffer.tell() > 16_000:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
