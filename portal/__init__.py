"""The factory: settings, database, extensions, pages."""

import importlib
import os
import pkgutil

from flask import Flask, g, request
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import (
    bodies,
    database,
    drawing,
    errors,
    factor_duty,
    headers,
    identity,
    language_change,
    languages,
    logs,
    navigation,
    presentation,
    settings,
    static_files,
)
from portal.settings import SettingError

csrf_protection = CSRFProtect()


def create_app(environ=os.environ):
    """Return the application that `environ` describes; raise SettingError where it cannot be used. Opens nothing."""
    chosen = settings.from_environment(environ)
    # Static files are ours to send, see static_files.
    app = Flask("portal", template_folder="../templates", static_folder=None, root_path=os.path.dirname(__file__))
    app.static_folder = "../static"
    app.request_class = bodies.Request
    app.jinja_environment = drawing.Environment
    app.config.from_mapping(_flask_settings(chosen), PORTAL=chosen, MAIL_LEAVES=chosen.mail_server is not None)
    if chosen.trusted_proxies:
        # The host stays unheard: links are built from PUBLIC_URL.
        trusted = {"x_for": chosen.trusted_proxies, "x_proto": chosen.trusted_proxies}
        app.wsgi_app = ProxyFix(app.wsgi_app, **trusted, x_host=0, x_port=0, x_prefix=0)
    database.use(chosen.database_url)
    logs.init_app(app)  # first: its line is written when all others are done
    headers.init_app(app)
    _lend_connections(app)
    identity.init_app(app)
    factor_duty.init_app(app)
    csrf_protection.init_app(app)
    languages.init_app(app, current_contact=identity.current_contact)
    presentation.init_app(app)
    static_files.init_app(app)
    navigation.init_app(app)
    errors.init_app(app)
    language_change.init_app(app)
    _add_pages(app)
    _add_commands(app)
    return app


def _flask_settings(chosen):
    return {
        "SECRET_KEY": chosen.secret_key,
        "MAX_CONTENT_LENGTH": chosen.max_body,
        "MAX_FORM_MEMORY_SIZE": bodies.MOST_TEXT,
        "MAX_FORM_PARTS": bodies.MOST_PARTS,
        "SESSION_COOKIE_NAME": "__Host-session" if chosen.secure else "session",
        "SESSION_COOKIE_SECURE": chosen.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session it belongs to
        "WTF_CSRF_SSL_STRICT": False,  # Referer is not needed beside a token bound to the session
        "TEMPLATES_AUTO_RELOAD": False,
    }


def _lend_connections(app):
    """Give each request its connection, and take it back whatever happens."""

    @app.before_request
    def _open():
        if request.endpoint != "static" and database.handle.is_closed():
            database.handle.connect()
            g.connection_lent = True

    @app.teardown_request
    def _close(_error):
        if g.pop("connection_lent", False):
            database.give_back()


def _add_pages(app):
    from portal import routes

    for found in pkgutil.iter_modules(routes.__path__):
        module = importlib.import_module(f"portal.routes.{found.name}")
        if hasattr(module, "bp"):
            app.register_blueprint(module.bp)


def _add_commands(app):
    from portal import cli

    cli.init_app(app)


__all__ = ["SettingError", "create_app", "csrf_protection"]
