"""The commands that keep what the portal holds: is it sound, a copy of it, and back from the copy."""

from pathlib import Path

import click
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import backup, checking, clock, database, second_factor
from portal.cli import command, tables, unusable
from portal.models import Contact, Session, chain, search


@command("audit")
def audit():
    """Verify that no customer's history was changed since it was written."""
    broken = 0
    with tables(), database.snapshot():
        for verdict in chain.audit():
            click.echo(checking.sentence_of(verdict))
            broken += verdict.broken is not None
    if broken:
        raise click.ClickException(ngettext("%(num)s history is broken.", "%(num)s histories are broken.", broken))
    click.echo(_("Every history is as it was written."))


@command("check")
def check():
    """Verify that the database is sound: pages, references, tables, histories, files."""
    if not database.exists():
        raise click.ClickException(_("There is no database yet. Run flask migrate first."))
    try:
        with database.opened():
            sound = say_findings(checking.check())
    except database.FAULTS as error:
        raise unusable(error) from error
    if not sound:
        raise click.ClickException(_("The database is broken. Restore the last sound backup into an empty place."))
    click.echo(_("The database is sound."))


def say_findings(findings):
    """Print each finding; return whether all are sound."""
    all_sound = True
    for finding in findings:
        click.echo(f"{'  ' if finding.sound else '! '}{finding.sentence}")
        all_sound &= finding.sound
    return all_sound


@command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_to(file):
    """Write the whole database into FILE, a new one, while the portal goes on."""
    with tables():
        try:
            backup.backup(file)
        except backup.BackupError as error:
            raise click.ClickException(str(error)) from error
    click.echo(_("%(file)s is written.", file=file))


@command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore_from(file):
    """Make the database at DATABASE_URL, which must not hold anything yet, what FILE holds."""
    try:
        backup.restore(file, lambda: say_findings(checking.check()))
    except backup.BackupError as error:
        raise click.ClickException(str(error)) from error
    except database.FAULTS as error:
        raise unusable(error) from error
    click.echo(_("The database is what %(file)s holds.", file=file))


@command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email):
    """Take the second factor of the person EMAIL away, who lost app and recovery codes. It is recorded, and mailed."""
    with tables():
        contact = Contact.by_email(email)
        if contact is None:
            raise click.ClickException(_("There is no contact “%(value)s”.", value=email))
        if not second_factor.reset(contact, None, clock.now(), current_app.config["PORTAL"]):
            raise click.ClickException(_("%(name)s has no second factor.", name=contact.name))
    click.echo(_("The second factor of %(name)s is gone, and their sessions have ended.", name=contact.name))


@command("end-sessions")
@click.argument("email", required=False)
@click.option("--all", "everybody", is_flag=True, help="Sign everybody out.")
def end_sessions(email, everybody):
    """Sign the person EMAIL out in every browser."""
    if bool(email) == everybody:
        raise click.ClickException(_("Say whom to sign out: an e-mail address, or --all."))
    with tables(), database.transaction():
        if everybody:
            count = Session.end_everybodys()
            click.echo(ngettext("%(num)s session has ended.", "%(num)s sessions have ended.", count))
            return
        contact = Contact.by_email(email)
        if contact is None:
            raise click.ClickException(_("There is no contact “%(value)s”.", value=email))
        Session.end_all(contact)
        click.echo(_("%(name)s is signed out everywhere.", name=contact.name))


@command("reindex")
def reindex():
    """Make what search knows anew, from the requests and messages there are."""
    with tables():
        count = search.rebuild()
    click.echo(ngettext("Search knows %(num)s text.", "Search knows %(num)s texts.", count))
