"""CSV files -> rows of values, and a fault for each cell that means nothing."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.transfer.cells import Unfit, unled
from portal.transfer.columns import BY_NAME, FILES

csv.field_size_limit(2**27)  # a message may be longer than the 128 KB that the module allows


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the files: where, and a sentence."""

    file: str
    line: int | None
    column: str | None
    sentence: str

    def __str__(self):
        place = {"file": self.file, "line": self.line, "column": self.column, "sentence": self.sentence}
        if self.line is None:
            return _("%(file)s: %(sentence)s", **place)
        if self.column is None:
            return _("%(file)s, line %(line)s: %(sentence)s", **place)
        return _("%(file)s, line %(line)s, column %(column)s: %(sentence)s", **place)


@dataclass(slots=True)
class Row:
    """One record: the line where it begins, and the values of those cells that mean something."""

    line: int
    values: dict[str, Any]


@dataclass
class Table:
    """What one file holds."""

    file: Any
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    left_out: dict[str, Any] = field(default_factory=dict)  # columns that the header leaves out, and what that means

    def fault(self, line, column, sentence):
        """Note that something is wrong here."""
        self.faults.append(Fault(self.file.file_name, line, column, sentence))


def read_folder(folder, progress):
    """Return {file name without .csv: Table}, one for each file of SPEC 6; what is not there is empty."""
    return {file.name: _read_file(Path(folder) / file.file_name, file, progress) for file in FILES}


def strangers(folder):
    """Return the names of the CSV files in the folder that are none of SPEC 6."""
    return sorted(path.name for path in Path(folder).glob("*.csv") if path.stem not in BY_NAME)


def _read_file(path, file, progress):
    table = Table(file)
    if not path.exists():
        return table
    try:
        # What is not UTF-8 becomes lone surrogates, which are found in their cells.
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            _read_records(stream, table)
    except OSError as error:
        table.fault(None, None, _("The file cannot be read: %(reason)s.", reason=error.strerror))
    count = len(table.rows)
    progress(ngettext("%(file)s: %(num)s row read.", "%(file)s: %(num)s rows read.", count, file=file.file_name))
    return table


def _read_records(stream, table):
    records = _records(stream, table)
    line, header = next(records, (1, None))
    if header is None:
        table.fault(1, None, _("The file is empty: its first row names the columns."))
        return
    columns = _columns(table, line, header)
    for line, cells in records:
        row = Row(line, dict(table.left_out))
        _read_cells(table, row, columns, cells)
        table.rows.append(row)


def _records(stream, table):
    """Yield (line where it begins, cells) of each record that is not blank."""
    reader = csv.reader(stream, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            sentence = _("The record cannot be read (%(error)s): check its quotes.", error=str(error))
            table.fault(line, None, sentence)
            continue
        if any(cells):
            yield line, cells


def _columns(table, line, header):
    """Return the column of each cell, None where the header names none; the other faults are still worth finding."""
    known = {column.name: column for column in table.file.columns}
    columns = []
    for place, name in enumerate(header, start=1):
        problem = _problem_of(name) or _problem_of_name(name, name in header[: place - 1], known)
        if problem:
            table.fault(line, name.encode("utf-8", "replace").decode() or str(place), problem)
        columns.append(None if problem else known[name])
    for column in known.values():
        if column.name not in header and (column.needed or column.present):
            table.fault(line, column.name, _("This column is missing."))
        elif column not in columns:
            table.left_out[column.name] = column.default
    return columns


def _problem_of_name(name, repeated, known):
    if name not in known:
        return _("No such column: the columns are %(columns)s.", columns=", ".join(known))
    return _("This column stands twice.") if repeated else None


def _read_cells(table, row, columns, cells):
    for column, cell in zip(columns, cells, strict=False):
        if column is not None:
            try:
                row.values[column.name] = _value(column, cell)
            except Unfit as unfit:
                table.fault(row.line, column.name, str(unfit))
    for column in filter(None, columns[len(cells) :]):
        table.fault(row.line, column.name, _("The row ends before this column."))
    if len(cells) > len(columns):
        sentence = _("The row has %(found)s cells, the header %(named)s.", found=len(cells), named=len(columns))
        table.fault(row.line, str(len(columns) + 1), sentence)


def _value(column, cell):
    problem = _problem_of(cell)
    if problem:
        raise Unfit(problem)
    if not cell or (column.needed and not cell.strip()):
        if column.needed:
            raise Unfit(_("This may not be empty."))
        return column.default
    return column.read(unled(cell))


def _problem_of(cell):
    if "\0" in cell:
        return _("This holds a NUL character.")
    try:
        cell.encode()
    except UnicodeEncodeError:
        return _("This is not UTF-8.")
    return None
