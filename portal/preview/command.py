"""`flask preview`: makes the preview's world in a throw-away place and serves it."""

import secrets
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import click
import waitress

THREADS = 8


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option("--keep", type=click.Path(file_okay=False), help="Keep the database in this directory and go on with it.")
def preview(host, port, keep):
    """Show the whole portal on made-up data, with nothing to configure."""
    from portal.preview.factory import create_preview_app

    _check_free(host, port)
    with _place(keep) as folder:
        address = f"http://{_reachable(host)}:{port}"
        click.echo("Making up firms, people and requests …")
        app = create_preview_app(folder, address)
        server = waitress.create_server(app, host=host, port=port, threads=THREADS, ident=None)
        click.echo(f"Partner Portal Preview: {address}/   (Ctrl+C ends it)")
        server.run()


def environment_of(arguments, environ):
    """Return `environ`, or settings of no meaning where `arguments` call for the preview: no setting may stop it."""
    if _command_among(arguments[1:]) == preview.name:
        return {"SECRET_KEY": secrets.token_urlsafe(32)}
    return environ


def _command_among(arguments):
    rest = iter(arguments)
    for argument in rest:
        if argument in {"-A", "--app", "-e", "--env-file"}:
            next(rest, None)
        elif not argument.startswith("-"):
            return argument
    return None


def _check_free(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"Cannot listen on {host}, port {port}: {error.strerror}. Try --port {port + 1}."
            ) from error


def _reachable(host):
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - what listens everywhere is shown under the local address
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


@contextmanager
def _place(keep):
    """Lend a directory, and remove it at the end, however that comes; one that is to be kept stays."""
    if keep:
        Path(keep).mkdir(parents=True, exist_ok=True)
        yield keep
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = tempfile.mkdtemp(prefix="partner-portal-preview-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
