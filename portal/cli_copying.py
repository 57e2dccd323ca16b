"""The command that moves the portal to another database."""

import click
from flask_babel import gettext as _

from portal import checking, database
from portal.cli import command
from portal.cli_keeping import say_findings
from portal.copying.copying import CopyError
from portal.copying.copying import copy as copy_all
from portal.settings import SettingError, database_url


@command("copy-database")
@click.argument("from_url", metavar="FROM")
@click.argument("to_url", metavar="TO")
def copy_database(from_url, to_url):
    """Copy the database at the URL FROM, which may be in use, into the empty one at TO, and verify the copy."""
    for url in (from_url, to_url):
        try:
            database_url(url)
        except SettingError as error:
            sentence = _("Write a database as sqlite:///portal.db or postgresql://user@host/name.")
            raise click.ClickException(sentence) from error
    try:
        copied = copy_all(from_url, to_url, click.echo, lambda: say_findings(checking.check()))
    except CopyError as error:
        raise click.ClickException(str(error)) from error
    except database.FAULTS as error:
        reason = " ".join(str(error).split())
        raise click.ClickException(_("One of the two databases cannot be used: %(reason)s", reason=reason)) from error
    speed = copied.rows / max(copied.seconds, 0.001)
    facts = {"rows": f"{copied.rows:,}", "seconds": f"{copied.seconds:.1f}", "speed": f"{speed:,.0f}"}
    click.echo(_("%(rows)s rows were copied in %(seconds)s seconds, %(speed)s a second.", **facts))
    click.echo(
        _("What is written into the old database from now on is not in the new one: set DATABASE_URL and start.")
    )
