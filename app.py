"""The application that `flask` finds by itself."""

import os
import sys

from portal import SettingError, create_app
from portal.preview.command import environment_of

try:
    app = create_app(environment_of(sys.argv, os.environ))
except SettingError as error:
    raise SystemExit(f"Error: {error}") from None  # a sentence on stderr and exit code 1, whatever loads this
