"""The files that people of the preview attach: small, and the same on each day."""

import io
import random
import struct
import zlib

from werkzeug.datastructures import FileStorage

from portal.files import keep

# What each sheet's columns hold, and how many rows it has.
SHEETS = {
    "orders.csv": (("order", "day", "article", "pieces", "price"), 10_000),
    "printers.csv": (("serial", "place"), 4),
    "stock-differences.csv": (("article", "shop", "warehouse"), 31),
    "counted.csv": (("article", "pieces"), 31),
    "holiday-orders.csv": (("order", "day", "price"), 18),
    "nanko-holidays.csv": (("day",), 14),
    "one-yen.csv": (("order", "day", "price"), 27),
    "double-moves.csv": (("customer", "day", "place"), 9),
    "readings-sample.csv": (("meter", "day", "reading"), 400),
    "paper-list.csv": (("customer", "place"), 3_600),
    "meters.csv": (("serial", "place"), 12_000),
    "sixteen.csv": (("serial", "place"), 16),
    "row-13.csv": (("booking", "flight"), 240),
    "devoluciones.csv": (("booking", "price"), 19),
    "descargas.csv": (("day", "person"), 4),
    "load-test.csv": (("minute", "visitors", "errors"), 60),
    "timings.csv": (("minute", "seconds"), 25),
    "patients-line-1207.csv": (("customer", "day", "place"), 3),
}
TEXTS = {
    "export-log.txt": "02:00:01 export started\n02:04:17 10000 rows written\n02:04:17 export finished, no errors\n",
    "two-halves.txt": "1. Export with the filter “until the 15th”.\n2. Export again “from the 16th”, and join the files.\n",
    "corrections-log.txt": "31 articles corrected, 212 pieces. Before and after stand beside each other.\n",
    "report-502.txt": "07:20 disk of server 2 fails\n07:36 taken out\n09:41 replaced\nFrom now on a server without a disk "
    "takes itself out.\n",
    "access-log.txt": "08:51 file opened once, from the supplier’s network\n08:58 link withdrawn\n",
    "upgrade-plan.txt": "Templates of our own: 14\nPerson on call that night: Haruto Abe\nCheckout on the test site: passed\n",
    "upgrade-log.txt": "01:02 started\n01:40 warning: 3 unused templates\n01:58 warning: slow index, rebuilt\n02:12 done\n",
    "filter-rule.txt": "drop where sequence_number is empty and delivered_at = read_at\n",
    "boarding-list.txt": "CIELO 1420   12 November   Puerta 7\n01A  ROMERO    01B  IBÁÑEZ\n",
    "demora-pt.txt": "Seu voo está atrasado. Você pode trocar de voo sem custo.\n",
    "four-sentences.txt": "Choose a clinic.\nNo time is free on this day.\nYour appointment is booked.\nTell us a day earlier.\n",
    "record-access.txt": "10:14:05 list of appointments opened\n10:14:45 closed\nNothing else was opened.\n",
}
_PLACES = ("Osaka", "Bergen", "Nakuru", "Lisboa", "Ushuaia", "Tromsø", "Nanko", "Kisumu")


def attach(message, names):
    """Keep the files called `names` with the message, as uploads are kept."""
    keep(message, [_upload(name) for name in names])


def _upload(name):
    content, kind = _content(name)
    return FileStorage(io.BytesIO(content), filename=name, content_type=kind)


def _content(name):
    if name.endswith(".png"):
        return _barcode(name), "image/png"
    if name.endswith(".csv"):
        return _sheet(name).encode(), "text/csv"
    return TEXTS[name].encode(), "text/plain"


def _sheet(name):
    columns, rows = SHEETS[name]
    chance = random.Random(name)
    lines = [",".join(columns)]
    lines += (",".join(_cell(column, row, chance) for column in columns) for row in range(1, rows + 1))
    return "\r\n".join(lines) + "\r\n"


def _cell(column, row, chance):
    if column == "place":
        return chance.choice(_PLACES)
    if column == "day":
        return f"{row % 28 + 1:02d}.{row % 12 + 1:02d}."
    if column == "minute":
        return str(row)
    if column in {"serial", "meter", "order", "customer", "booking"}:
        return f"{column[0].upper()}{chance.randrange(10**6):06d}"
    return str(chance.randrange(1, 900))


def _barcode(name, width=320, height=120):
    """Return a PNG of a made-up bar code: greyscale, one filter byte a line."""
    chance = random.Random(name)
    row = bytearray(b"\xff" * width)
    place = 20
    while place < width - 20:
        bar = chance.randrange(1, 5)
        row[place : place + bar] = bytes(bar)
        place += bar + chance.randrange(2, 6)
    margin = [b"\x00" + b"\xff" * width] * 15
    pixels = b"".join([*margin, *([b"\x00" + bytes(row)] * (height - 30)), *margin])
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(pixels)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
