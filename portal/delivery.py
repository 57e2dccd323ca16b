"""The outbox worker: leases what is due, sends it over one connection, settles it; nothing is lost on the way.

No transaction is open while the mail server is spoken to. Several processes may do this at once.
"""

import logging
import time
from dataclasses import asdict, dataclass
from threading import Event, Thread
from urllib.parse import urlsplit

from peewee import InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded

from portal import clock, database, logs, mail
from portal.models import Notification, access_changes, drafts, kept_files, outbox, reminders, search_index
from portal.smtp import Postponed, Refused, ServerTrouble, SMTPTransport
from portal.turn import Turn

BATCH = 25
BATCH_SECONDS = 30  # then the rest is given back: a lease must outlive the mail under way
IDLE_SECONDS = 1.0
TROUBLE_SECONDS = 3.0
DATABASE_AWAY = (OperationalError, InterfaceError, MaxConnectionsExceeded)

_log = logging.getLogger(__name__)


@dataclass
class Delivered:
    """What one round did: numbers of mails; of access requests that lapsed and grants whose end was told of."""

    sent: int = 0
    failed: int = 0  # to be tried again
    refused: int = 0  # for good
    dropped: int = 0
    lapsed: int = 0
    reminded: int = 0
    waiting: int = 0  # where no mail server is set up


def deliver_once(app, open_transport=None, stop=None):
    """Note what time has brought, send what is due, and return the counts of Delivered as a dict.

    `open_transport()` returns what takes the mail: something with `send(message)` and `close()`. Unless given, it is
    the server of MAIL_URL, and where that is not set mail waits. `stop.is_set()` is asked before each mail and ends it,
    as an Event does.
    """
    done = Delivered()
    with app.app_context():
        _note_what_time_brought(done)
        take = open_transport or _server_of(app.config["PORTAL"])
        if take is None:
            with database.opened():
                done.waiting = outbox.count_waiting()
        else:
            _Round(take, done, stop or Event()).run()
        _tidy_up()
    return asdict(done)


def _server_of(settings):
    if settings.mail_server is None:
        return None
    return lambda: SMTPTransport(settings.mail_server, urlsplit(settings.public_url).hostname)


def _note_what_time_brought(done):
    """Let unanswered requests lapse and tell of ends to come; trouble with that keeps no mail from leaving."""
    at = clock.now()
    with database.opened():
        done.lapsed = _unless_it_fails(access_changes.lapse_unanswered, at)
        done.reminded = _unless_it_fails(reminders.remind, at)
        _unless_it_fails(outbox.forget_nobodys, at)
        _unless_it_fails(drafts.forget_old, at)
        _unless_it_fails(kept_files.forget_old, at)


def _unless_it_fails(note, at):
    try:
        return note(at) or 0
    except DATABASE_AWAY:
        raise
    except Exception:
        _log.exception("%s failed; it is tried again", note.__name__)
        return 0


def _tidy_up():
    """Keep the index of the search quick; where that cannot be done now, nothing else suffers."""
    try:
        with database.opened():
            search_index.join_pieces()
    except Exception as error:
        _log.warning("The index of the search was not tidied: %s", logs.said(error))


class _Round:
    """One round through the outbox."""

    def __init__(self, open_transport, done, stop):
        self._open_transport = open_transport
        self._transport = None
        self._done = done
        self._stop = stop

    def run(self):
        """Send until nothing is due, the server is in trouble, or one is asked to stop."""
        try:
            goes_on = True
            while goes_on and not self._stop.is_set():
                with database.opened():
                    ids = outbox.lease(clock.now(), BATCH)
                goes_on = bool(ids) and self._send_batch(ids)
        finally:
            if self._transport is not None:
                self._transport.close()

    def _send_batch(self, ids):
        """Send the leased mails; return whether to go on with more."""
        began = time.monotonic()
        for position, notification_id in enumerate(ids):
            if self._stop.is_set() or time.monotonic() - began > BATCH_SECONDS:
                with database.opened():
                    outbox.give_back(ids[position:], clock.now())
                return True
            try:
                self._deliver(notification_id)
            except ServerTrouble as trouble:
                _log.warning("The mail server does not take mail: %s", trouble)
                for untaken in ids[position:]:
                    self._postpone(untaken, trouble)
                return False
        return True

    def _deliver(self, notification_id):
        message = self._write(notification_id)
        if message is None:
            return
        try:
            if self._transport is None:
                self._transport = self._open_transport()
            self._transport.send(message)
        except ServerTrouble:
            raise
        except Refused as refused:
            self._refuse(notification_id, refused)
        except Postponed as postponed:
            self._postpone(notification_id, postponed)
        except Exception as error:  # one mail that cannot be sent must not stop the others
            _log.exception("A mail could not be handed over")
            self._postpone(notification_id, error)
        else:
            self._done.sent += 1
            with database.opened():
                outbox.note_sent(notification_id, clock.now())

    def _write(self, notification_id):
        """Return the mail, or None where it is dropped or cannot be written now."""
        with database.opened():
            try:
                message = mail.build(Notification.get_by_id(notification_id), clock.now())
            except DATABASE_AWAY:
                raise
            except mail.Unaddressable as error:
                self._refuse(notification_id, error)
                return None
            except Exception as error:  # one mail that cannot be written must not stop the others
                _log.exception("A mail could not be written")
                self._postpone(notification_id, error)
                return None
            if message is None:
                self._done.dropped += 1
                outbox.note_dropped(notification_id)
            return message

    def _refuse(self, notification_id, error):
        self._done.refused += 1
        with database.opened():
            outbox.note_refused(notification_id, str(error))

    def _postpone(self, notification_id, error):
        self._done.failed += 1
        with database.opened():
            outbox.postpone(notification_id, clock.now(), str(error) or type(error).__name__)


def watch(app, stop=None, open_transport=None):
    """Deliver until `stop` is set, whenever it is this process's turn; whatever fails, even the database, is waited out."""
    stop = stop or Event()
    turn = Turn(stop)
    while not stop.is_set():
        stop.wait(_watch_once(app, turn, open_transport))
    try:
        turn.give_up()
    except DATABASE_AWAY as error:
        _log.error("The database does not answer: %s", logs.said(error))


def _watch_once(app, turn, open_transport):
    """Deliver once if it is this process's turn; return after how many seconds to look again."""
    try:
        if turn.is_mine():
            deliver_once(app, open_transport, turn)
        return IDLE_SECONDS
    except DATABASE_AWAY as error:
        _log.error("The database does not answer: %s", logs.said(error))
    except Exception:
        _log.exception("A round of delivery failed")
    return TROUBLE_SECONDS


class Background:
    """A deliverer that runs beside the web server."""

    def __init__(self, app, open_transport=None):
        self._stop = Event()
        self._thread = Thread(target=watch, args=(app, self._stop, open_transport), name="deliverer", daemon=True)
        self._thread.start()

    def tell_to_stop(self):
        """Let it end after the mail under way, and wait for nothing."""
        self._stop.set()

    def stop(self, timeout=30):
        """Let the mail under way be finished, then end; return whether it has ended within `timeout` seconds."""
        self.tell_to_stop()
        self._thread.join(timeout)
        return not self._thread.is_alive()


def start_in_background(app, open_transport=None):
    """Start delivering in a thread of its own and return the Background, which can be stopped."""
    return Background(app, open_transport)
