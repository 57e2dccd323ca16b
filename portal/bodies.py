"""What is posted, read with bounded memory: so much text, so many parts, and files on the disk from their first bytes."""

from io import BytesIO
from tempfile import SpooledTemporaryFile

from flask import Request as FlaskRequest
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

MOST_TEXT = 4 * 2**20  # bytes of a form besides its files
MOST_PARTS = 2000
IN_MEMORY = 2**16  # bytes of a file, before it goes to the disk
TYPED = "application/x-www-form-urlencoded"


class TooMuchText(RequestEntityTooLarge):
    """413: the form is too long even without its files."""


class Request(FlaskRequest):
    """A request whose form costs no more memory than its text may have bytes, a few times over."""

    @property
    def max_content_length(self):
        """Return how long the body may be, in bytes: only files may be long."""
        most = super().max_content_length
        return most if self.mimetype == "multipart/form-data" else min(most, MOST_TEXT)

    def make_form_data_parser(self):
        """Return the parser of this request's form."""
        return Parser(
            max_form_memory_size=self.max_form_memory_size,
            max_content_length=self.max_content_length,
            max_form_parts=self.max_form_parts,
            cls=self.parameter_storage_class,
        )


class Parser(FormDataParser):
    """Reads a form, and gives up as soon as it is too long."""

    def parse(self, stream, mimetype, content_length, options=None):
        """Return (stream, fields, files); raise RequestEntityTooLarge."""
        if mimetype == TYPED:
            body = stream.read()
            # Each pair costs a hundred times its bytes: they are counted before they are made.
            if body.count(b"&") >= self.max_form_parts:
                raise TooMuchText
            stream = BytesIO(body)
        elif mimetype == "multipart/form-data":
            return self._parse_with_files(_Metered(stream), mimetype, content_length, options)
        return super().parse(stream, mimetype, content_length, options)

    def _parse_with_files(self, stream, *about):
        self.stream_factory = stream.new_file
        try:
            return super().parse(stream, *about)
        except BaseException:
            stream.drop_files()
            raise


class _Metered:
    """A body that counts what of it goes into no file: names, headers and fields stay in memory until the end."""

    def __init__(self, stream):
        self._stream = stream
        self._read = 0
        self.in_files = 0
        self._files = []

    def read(self, size=-1):
        """Return up to `size` bytes more; raise TooMuchText."""
        content = self._stream.read(size)
        self._read += len(content)
        if self._read - self.in_files > MOST_TEXT:
            raise TooMuchText
        return content

    def new_file(self, **_about):
        """Return where the bytes of the next file go."""
        self._files.append(_File(self))
        return self._files[-1]

    def drop_files(self):
        """Give back the room of the files of a body that was given up."""
        for file in self._files:
            file.close()


class _File(SpooledTemporaryFile):
    """One sent file, in memory only while it is small."""

    def __init__(self, body):
        super().__init__(max_size=IN_MEMORY)
        self._body = body

    def write(self, content):
        """Keep the bytes and count them."""
        self._body.in_files += len(content)
        return super().write(content)
