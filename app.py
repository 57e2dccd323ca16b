"""The application that `flask` finds by itself."""

import os
import sys

from portal import create_app
from portal.preview.command import environment_of

app = create_app(environment_of(sys.argv, os.environ))
