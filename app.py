"""The application that `flask` finds by itself."""

from portal import create_app

app = create_app()
