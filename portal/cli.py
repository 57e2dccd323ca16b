"""The commands of `flask`."""

import click

from portal import database
from portal.preview.command import preview


def init_app(app):
    """Give `app` its commands."""
    app.cli.add_command(migrate)
    app.cli.add_command(preview)


@click.command()
def migrate():
    """Bring the database up to date."""
    for name in database.migrate():
        click.echo(f"applied {name}")
    click.echo("The database is up to date.")
