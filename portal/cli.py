"""The commands of `flask`."""

import json
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from flask_babel import ngettext
from peewee import DatabaseError, InterfaceError, OperationalError

from portal import clock, database, delivery, explanation, help_texts, logs, newcomers, serving
from portal.models import Contact, Organization
from portal.transfer import attaching, importing, reading, writing

_COMMANDS = []


def init_app(app):
    """Give `app` its commands."""
    from portal import cli_copying, cli_keeping  # noqa: F401 - importing them makes their commands
    from portal.preview.command import preview  # it makes an app of its own

    app.cli.add_command(preview)
    for command in _COMMANDS:
        app.cli.add_command(command)


def command(name):
    """Make a function a command that runs inside the app and says in a sentence why it cannot go on."""

    def decorate(function):
        _COMMANDS.append(click.command(name)(with_appcontext(function)))
        return _COMMANDS[-1]

    return decorate


@contextmanager
def tables(*, made=False):
    """Open a database whose tables are up to date; `made`: bring them up to date first. Yield the migrations applied."""
    applied = []
    try:
        if made:
            applied = database.migrate()
        elif not database.exists() or database.pending_migrations():
            raise click.ClickException(_("The database is not up to date. Run flask migrate first."))
    except (DatabaseError, InterfaceError, OSError) as error:
        raise unusable(error) from error
    try:
        with database.opened():
            yield applied
    except (OperationalError, InterfaceError) as error:
        raise unusable(error) from error


def unusable(error):
    reason = " ".join(str(error).split())
    return click.ClickException(_("The database at DATABASE_URL cannot be used: %(reason)s", reason=reason))


def _tell(text):
    click.echo(text, err=True)


@command("migrate")
def migrate():
    """Bring the database up to date."""
    with tables(made=True) as applied:
        for name in applied:
            click.echo(_("applied %(name)s", name=name))
    click.echo(_("The database is up to date."))


@command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="How many processes answer.")
def serve(host, port, workers):
    """Serve the portal, and send its mail in the background."""
    with tables(made=True):
        pass
    logs.to_stderr(current_app.config["PORTAL"].log_level)
    try:
        serving.serve(current_app._get_current_object(), host, port, workers, click.echo)
    except OSError as error:
        place = {"host": host, "port": port, "reason": error.strerror}
        raise click.ClickException(_("Cannot listen on %(host)s, port %(port)s: %(reason)s.", **place)) from error


@command("deliver")
@click.option("--watch", is_flag=True, help="Go on, and send whatever becomes due.")
def deliver(watch):
    """Send the mail that is due, and do what else is due by now."""
    app = current_app._get_current_object()
    with tables():
        pass
    logs.to_stderr(app.config["PORTAL"].log_level)
    if watch:
        serving.watch(app)
        return
    counts = delivery.deliver_once(app)
    if counts["waiting"]:
        sentence = ngettext(
            "MAIL_URL is not set: %(num)s mail waits.", "MAIL_URL is not set: %(num)s mails wait.", counts["waiting"]
        )
        _tell(sentence)
    for name, count in counts.items():
        click.echo(f"{name}: {count}")


@command("create-contact")
@click.option("--email", prompt=True, help="With which they sign in.")
@click.option("--name", prompt=True, help="As others see it.")
@click.option("--organization", metavar="SLUG", prompt=True, help="To which they belong.")
@click.option("--organization-name", help="Make the organization, under this name, if it is not there.")
@click.option("--desk", is_flag=True, help="One of the desk.")
@click.option("--contact-manager", is_flag=True, help="Manages the organization's contacts and partners.")
@click.option("--support-contact", is_flag=True, help="Submits and updates the organization's requests.")
@click.option("--timezone", help="Such as Asia/Tokyo; the organization's unless given.")
@click.option("--locale", help="en, ja or es; the organization's unless given.")
@click.option("--password", help="Asked for, unseen, unless given.")
def create_contact(email, name, organization, organization_name, timezone, locale, password, **flags):
    """Add a person, and their organization if need be."""
    with tables(made=True):
        try:
            values = newcomers.check(email, name, organization, organization_name, timezone, locale)
            if password is None:
                password = click.prompt(_("Password"), hide_input=True, confirmation_prompt=_("Once more"))
            newcomers.check_password(password, values)
            contact = newcomers.create(values, flags, password, clock.now())
        except newcomers.Refused as refused:
            raise click.ClickException(str(refused)) from None
    place = {"name": contact.name, "organization": contact.organization.name}
    click.echo(_("%(name)s of %(organization)s can sign in now.", **place))


@command("add-help")
def add_help():
    """Add the answers that explain the portal's pages, where they are not there yet."""
    with tables(made=True):
        added = help_texts.add(clock.now())
    click.echo(ngettext("%(num)s answer is added.", "%(num)s answers are added.", added))


@command("import")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
def import_files(folder):
    """Add what the CSV files in DIR hold: all of it, or nothing."""
    for name in reading.strangers(folder):
        _tell(_("%(name)s is left out: no file of this name is known.", name=name))
    if not importing.has_files(folder):
        raise click.ClickException(_("There is no file to import in %(folder)s.", folder=folder))
    max_days = current_app.config["PORTAL"].max_days
    with tables(made=True):
        try:
            counts = importing.import_folder(folder, max_days, clock.now(), _tell)
        except importing.Faulty as faulty:
            raise _faulty(faulty.faults) from None
        except (importing.Overtaken, attaching.BytesChanged, OSError) as error:
            raise click.ClickException(str(error)) from error
    _say_counts(counts)


def _faulty(faults):
    for fault in faults:
        _tell(str(fault))
    sentence = ngettext(
        "Nothing was imported: %(num)s error is to be put right.",
        "Nothing was imported: %(num)s errors are to be put right.",
        len(faults),
    )
    return click.ClickException(sentence)


def _say_counts(counts):
    for name, count in counts.items():
        click.echo(f"{name}.csv: {count}")


@command("export")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def export_files(folder):
    """Write everything into DIR, a new folder, as the CSV files that import takes."""
    with tables():
        try:
            counts = writing.export_folder(folder, _tell)
        except writing.Unwritable as error:
            raise click.ClickException(str(error)) from error
    _say_counts(counts)
    click.echo(_("The files hold password hashes and everything else: keep them safe."))


@command("explain")
@click.argument("email")
@click.argument("slug")
def explain(email, slug):
    """Say as JSON what the person EMAIL may do for the organization SLUG, and why."""
    with tables():
        contact, organization = Contact.by_email(email), Organization.by_slug(slug)
        if contact is None:
            raise click.ClickException(_("There is no contact “%(value)s”.", value=email))
        if organization is None:
            raise click.ClickException(_("There is no organization “%(value)s”.", value=slug))
        found = explanation.explain(contact, organization, clock.now())
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
