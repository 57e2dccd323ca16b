"""The portal with the preview's pages on it."""

from pathlib import Path

from portal import clock, create_app, database
from portal.models import Organization
from portal.preview import mailbox, routes, world
from portal.preview.tour import routes as tour


def create_preview_app(folder, public_url):
    """Return the portal with its preview pages, on a database in `folder` that is filled where it is new."""
    environ = {
        "DATABASE_URL": f"sqlite:///{Path(folder) / 'preview.db'}",
        "SECRET_KEY_FILE": str(Path(folder) / "secret_key"),
        "PUBLIC_URL": public_url,
        "MAIL_FROM": "Halyard Support <support@halyard.example>",
    }
    app = create_app(environ)
    app.register_blueprint(routes.bp)
    mailbox.init_app(app)
    tour.init_app(app)
    with app.app_context(), database.opened():
        database.migrate()
        if not Organization.select().exists():
            world.build(clock.now(), app.config["PORTAL"].secret_key)
    mailbox.deliver(app)
    return app
