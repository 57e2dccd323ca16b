"""The outbox: sent once, again after an interruption, dropped or refused, and never lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.policy import default as default_policy
from socket import socket
from threading import Event, Thread

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from peewee import OperationalError

from portal import clock, database, delivery
from portal.models import AccessRequest, Contact, Grant, Link, Notification, outbox, search_index
from portal.models.notifications import notify
from portal.permissions import Level
from portal.settings import MailServer
from portal.smtp import Postponed, Refused, ServerTrouble, SMTPTransport
from tests import tellings
from tests.world import grant


class Server:
    """What an SMTP server keeps, and what it answers: to one recipient, to every sender, to all content."""

    def __init__(self):
        self.envelopes = []
        self.answers = {}
        self.at_mail = self.at_data = None

    async def handle_MAIL(self, _server, _session, envelope, address, _options):
        if self.at_mail:
            return self.at_mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        if self.at_data:
            return self.at_data
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def recipients(self):
        return [envelope.rcpt_tos for envelope in self.envelopes]


def read(envelope):
    """Return the message of an envelope."""
    return message_from_bytes(envelope.content, policy=default_policy)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def listening(server, unused_port):
    """The server on a loopback port."""
    controller = Controller(server, hostname="127.0.0.1", port=unused_port)
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def unused_port():
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def environment(environment, unused_port):
    return {**environment, "MAIL_URL": f"smtp://127.0.0.1:{unused_port}"}


class Taking:
    """A transport that keeps what it is handed; `trouble` maps an address to what is raised instead."""

    def __init__(self, trouble=None):
        self.taken = []
        self.trouble = trouble or {}
        self.opened = self.closed = 0

    def __call__(self):
        self.opened += 1
        return self

    def send(self, message):
        recipient = message["To"].addresses[0].addr_spec
        if recipient in self.trouble:
            raise self.trouble[recipient]
        self.taken.append((recipient, message["Message-ID"]))

    def close(self):
        self.closed += 1


def rows():
    return list(Notification.select().order_by(Notification.id))


def states():
    return [row.mail_state for row in rows()]


@pytest.fixture
def world(world):
    """The cast, with nothing left to say of its grants."""
    Grant.update(end_cause="expired").where(Grant.expires_at < clock.now()).execute()
    return world


@pytest.fixture
def three(world):
    """Three mails that are due: to own, support and second_manager, about a request of Kitahama."""
    about = {"service_request": world.request, "organization": world.kitahama}
    notify("request_changed", [world.own, world.support, world.second_manager], clock.now(), actor=world.desk, **about)
    return rows()


# --- Over real SMTP ------------------------------------------------------------------------------------------------


def test_what_is_due_is_sent_to_a_real_server_each_to_one_recipient(app, listening, server, three):
    done = delivery.deliver_once(app)
    assert (done["sent"], done["failed"], done["dropped"]) == (3, 0, 0)
    assert sorted(server.recipients) == sorted([row.contact.email] for row in three)
    assert {envelope.mail_from for envelope in server.envelopes} == {"portal@localhost"}
    assert states() == ["sent"] * 3
    assert all(row.mail_sent_at for row in rows())
    assert delivery.deliver_once(app)["sent"] == 0
    assert len(server.envelopes) == 3


def test_what_arrives_is_what_was_written(app, listening, server, three):
    delivery.deliver_once(app)
    for row, envelope in zip(three, server.envelopes, strict=True):
        message = read(envelope)
        assert message["Message-ID"] == f"<{row.public_id}@localhost>"
        assert message["To"].addresses[0].addr_spec == row.contact.email
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(("reply", "state"), [("550 No such user", "refused"), ("450 Mailbox busy", "due")])
def test_a_refused_recipient_stops_nobody_else(app, listening, server, three, reply, state):
    server.answers[three[1].contact.email] = reply
    done = delivery.deliver_once(app)
    assert done["sent"] == 2
    assert (done["refused"], done["failed"]) == ((1, 0) if state == "refused" else (0, 1))
    assert states() == ["sent", state, "sent"]
    assert rows()[1].mail_error == reply


@pytest.mark.parametrize(("reply", "state"), [("554 Looks like spam", "refused"), ("451 Try again", "due")])
def test_the_answer_to_the_content_counts_for_that_mail(app, listening, server, three, reply, state):
    server.at_data = reply
    delivery.deliver_once(app)
    assert states() == [state] * 3


def test_a_server_that_takes_no_mail_of_ours_loses_none(app, listening, server, three):
    server.at_mail = "550 You may not send"
    done = delivery.deliver_once(app)
    assert (done["failed"], done["refused"]) == (3, 0)
    assert states() == ["due"] * 3
    server.at_mail = None
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        assert delivery.deliver_once(app)["sent"] == 3


def test_an_unreachable_server_is_tried_again_within_a_minute(app, server, three, unused_port):
    done = delivery.deliver_once(app)
    assert (done["sent"], done["failed"]) == (0, 3)
    assert all("refused" in row.mail_error.lower() for row in rows())
    assert all(row.mail_due_at <= clock.now() + timedelta(minutes=1) for row in rows())
    controller = Controller(server, hostname="127.0.0.1", port=unused_port)
    controller.start()
    try:
        with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
            assert delivery.deliver_once(app)["sent"] == 3
    finally:
        controller.stop()
    assert [row.mail_error for row in rows()] == [""] * 3


def test_one_signs_in_at_the_server_where_the_url_names_a_user(environment, request, unused_port):
    environment["MAIL_URL"] = f"smtp://clerk:p%40ss@127.0.0.1:{unused_port}"
    app, world, seen, server = request.getfixturevalue("app"), request.getfixturevalue("world"), [], Server()

    def authenticate(_server, _session, _envelope, _mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=True)

    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=unused_port,
        authenticator=authenticate,
        auth_require_tls=False,
    )
    controller.start()
    try:
        tellings.make(world, "invitation")
        assert delivery.deliver_once(app)["sent"] == 1
    finally:
        controller.stop()
    assert seen == [(b"clerk", b"p@ss")]


def test_a_long_backlog_goes_over_several_connections(app, listening, server, world, monkeypatch):
    monkeypatch.setattr("portal.smtp.MAILS_PER_CONNECTION", 2)
    about = {"service_request": world.request, "organization": world.kitahama}
    for _ in range(5):
        notify("request_changed", [world.own], clock.now(), actor=world.desk, **about)
    assert delivery.deliver_once(app)["sent"] == 5


def test_a_server_that_hangs_up_costs_only_the_mail_under_way(app, listening, server, three):
    server.answers[three[0].contact.email] = "421 Closing"
    done = delivery.deliver_once(app)
    assert (done["sent"], done["failed"]) == (2, 1)
    assert states() == ["due", "sent", "sent"]


# --- Leases, interruptions -----------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone."""


def test_what_was_interrupted_between_sending_and_noting_goes_again_with_the_same_message_id(app, three, monkeypatch):
    taking = Taking()
    with monkeypatch.context() as interrupted:
        interrupted.setattr(outbox, "note_sent", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            delivery.deliver_once(app, taking)
    assert len(taking.taken) == 1
    assert delivery.deliver_once(app, taking)["sent"] == 0, "the lease still runs"
    with time_machine.travel(clock.now() + timedelta(minutes=3), tick=False):
        assert delivery.deliver_once(app, taking)["sent"] == 3
    assert taking.taken[0] in taking.taken[1:]
    assert len(set(taking.taken)) == 3
    assert states() == ["sent"] * 3


def test_a_leased_mail_is_nobody_elses(db, three):
    now = clock.now()
    assert len(outbox.lease(now, 2)) == 2
    assert len(outbox.lease(now, 10)) == 1
    assert outbox.lease(now + timedelta(minutes=2) - timedelta(seconds=1), 10) == []
    assert len(outbox.lease(now + timedelta(minutes=2), 10)) == 3


def test_who_asked_for_the_time_a_moment_before_another_does_not_take_what_that_one_has(db, three):
    now = clock.now()
    assert len(outbox.lease(now + timedelta(seconds=20), 10)) == 3
    assert outbox.lease(now, 10) == []


def test_many_deliverers_at_once_send_each_mail_once(app, world):
    about = {"service_request": world.request, "organization": world.kitahama}
    for _ in range(60):
        notify("request_changed", [world.own, world.support], clock.now(), actor=world.desk, **about)
    taking = Taking()
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: delivery.deliver_once(app, taking), range(6)))
    assert len(taking.taken) == 120
    assert len(set(taking.taken)) == 120


def test_mail_leaves_though_the_index_of_the_search_is_gone(app, three, caplog, monkeypatch):
    def gone():
        database.handle.execute_sql("SELECT rowid FROM search_index_that_was")

    monkeypatch.setattr(search_index, "join_pieces", gone)
    taking = Taking()
    assert delivery.deliver_once(app, taking)["sent"] == len(taking.taken) == 3
    assert "The index of the search was not tidied" in caplog.text
    assert states() == [outbox.MAIL_SENT] * 3


def test_no_transaction_is_open_while_the_server_is_spoken_to(app, three):
    taking = Taking()
    seen = []
    send = taking.send
    taking.send = lambda message: (seen.append(database.handle.in_transaction()), send(message))
    delivery.deliver_once(app, taking)
    assert seen == [False] * 3


def test_the_rest_of_a_batch_is_given_back_when_time_runs_short(app, three, monkeypatch):
    moments = iter([0, 1, 99, 99, 100, 101, 102, 103, 104])
    monkeypatch.setattr(delivery.time, "monotonic", lambda: next(moments))
    taking = Taking()
    assert delivery.deliver_once(app, taking)["sent"] == 3
    assert [row.mail_attempts for row in rows()] == [1, 1, 1]


def test_one_stops_after_the_mail_under_way(app, three):
    stop, taking = Event(), Taking()
    send = taking.send
    taking.send = lambda message: (stop.set(), send(message))
    assert delivery.deliver_once(app, taking, stop)["sent"] == 1
    assert (taking.opened, taking.closed) == (1, 1)
    assert states() == ["sent", "due", "due"]
    assert delivery.deliver_once(app, taking)["sent"] == 2


# --- What goes wrong -----------------------------------------------------------------------------------------------


def test_one_mail_that_cannot_be_written_stops_nobody_else(app, three, monkeypatch):
    build = delivery.mail.build
    poisoned = three[0].id

    def fail(notification, at):
        if notification.id == poisoned:
            raise ValueError("a broken row")
        return build(notification, at)

    monkeypatch.setattr(delivery.mail, "build", fail)
    done = delivery.deliver_once(app, Taking())
    assert (done["sent"], done["failed"]) == (2, 1)
    assert states() == ["due", "sent", "sent"]
    assert rows()[0].mail_error == "a broken row"


def test_one_mail_that_cannot_be_handed_over_stops_nobody_else(app, three):
    done = delivery.deliver_once(app, Taking({three[1].contact.email: ValueError("odd")}))
    assert (done["sent"], done["failed"]) == (2, 1)


@pytest.mark.parametrize("email", ["日本@kitahama.example", "two words@x.example", "no address", "@", "a@b@c.example"])
def test_an_address_that_no_server_reads_is_refused_at_once(app, listening, world, three, email):
    Contact.update(email=email).where(Contact.id == world.own.id).execute()
    done = delivery.deliver_once(app)
    assert (done["sent"], done["refused"], done["failed"]) == (2, 1, 0)
    assert Notification.get(Notification.contact == world.own).mail_error


def test_a_domain_in_any_script_is_written_as_name_servers_know_it(app, listening, server, world, three):
    Contact.update(email="own@例え.example").where(Contact.id == world.own.id).execute()
    assert delivery.deliver_once(app)["sent"] == 3
    assert ["own@xn--r8jz45g.example"] in server.recipients


def test_what_may_not_be_told_any_more_is_dropped(app, world, three):
    Contact.update(active=False).where(Contact.id == world.own.id).execute()
    taking = Taking()
    done = delivery.deliver_once(app, taking)
    assert (done["sent"], done["dropped"]) == (2, 1)
    assert sorted(states()) == ["dropped", "sent", "sent"]
    assert world.own.email not in {recipient for recipient, _ in taking.taken}


def test_an_unreachable_server_keeps_no_request_from_lapsing(app, world, three):
    request = tellings.access_request(world, created_at=clock.now() - timedelta(days=31))
    done = delivery.deliver_once(app)
    assert (done["lapsed"], done["sent"]) == (1, 0)
    assert AccessRequest.get_by_id(request.id).status == "lapsed"


def test_what_time_brings_keeps_no_mail_from_leaving_when_it_fails(app, three, monkeypatch):
    def lapse_unanswered(_at):
        raise ValueError("broken")

    monkeypatch.setattr(delivery.access_changes, "lapse_unanswered", lapse_unanswered)
    assert delivery.deliver_once(app, Taking())["sent"] == 3


def test_ends_to_come_are_told_by_the_way(app, world):
    Grant.delete().execute()
    grant(world.kitahama, world.colleague, Level.LOOK, starts=-60, expires=6, by=world.manager)
    taking = Taking()
    done = delivery.deliver_once(app, taking)
    assert done["reminded"] == 1
    assert world.colleague.email in {recipient for recipient, _ in taking.taken}


@pytest.mark.parametrize(
    ("attempts", "longest"), [(1, 60), (45, 60), (90, 60), (91, 300), (93, 1200), (95, 3600), (5000, 3600)]
)
def test_pauses_are_under_a_minute_for_an_hour_and_then_grow_to_one(attempts, longest):
    assert outbox.pause(attempts) <= timedelta(seconds=longest)
    assert outbox.pause(attempts) <= outbox.pause(attempts + 1)
    assert sum((outbox.pause(one) for one in range(1, outbox.FIRST_HOUR + 1)), timedelta()) >= timedelta(hours=1)


def test_trouble_ends_the_round_and_postpones_what_was_leased(app, three):
    taking = Taking({row.contact.email: ServerTrouble("away") for row in three})
    done = delivery.deliver_once(app, taking)
    assert (done["failed"], taking.opened) == (3, 1)
    assert {row.mail_error for row in rows()} == {"away"}


@pytest.mark.parametrize(("raised", "state"), [(Refused("550 no"), "refused"), (Postponed("450 later"), "due")])
def test_what_the_transport_says_is_kept_with_the_mail(app, three, raised, state):
    delivery.deliver_once(app, Taking({three[0].contact.email: raised}))
    assert (states()[0], rows()[0].mail_error) == (state, str(raised))


def test_without_a_mail_server_mail_waits(environment, request):
    del environment["MAIL_URL"]
    app = request.getfixturevalue("app")
    request.getfixturevalue("three")
    done = delivery.deliver_once(app)
    assert (done["waiting"], done["sent"]) == (3, 0)
    assert states() == ["due"] * 3


def test_rows_of_nobody_are_never_mailed_and_forgotten_after_a_day(app, world):
    notify(
        "password_reset", [None], clock.now(), link=Link.make(None, "reset", clock.now(), timedelta(hours=1), "x" * 16)
    )
    taking = Taking()
    delivery.deliver_once(app, taking)
    assert (Notification.select().count(), Link.select().count(), taking.taken) == (1, 1, [])
    with time_machine.travel(clock.now() + timedelta(days=1, seconds=1), tick=False):
        delivery.deliver_once(app, taking)
    assert (Notification.select().count(), Link.select().count()) == (0, 0)


# --- In the background ---------------------------------------------------------------------------------------------


def waiting_for(taking, count):
    """Return an Event that is set once `count` mails were taken."""
    reached, send = Event(), taking.send

    def counted(message):
        send(message)
        if len(taking.taken) >= count:
            reached.set()

    taking.send = counted
    return reached


def test_in_the_background_mail_leaves_by_itself_and_stopping_is_clean(app, three):
    taking = Taking()
    reached = waiting_for(taking, 3)
    running = delivery.start_in_background(app, taking)
    assert reached.wait(30)
    assert running.stop()


def test_the_background_survives_a_failing_round(app, three, monkeypatch):
    monkeypatch.setattr(delivery, "TROUBLE_SECONDS", 0)
    monkeypatch.setattr(delivery, "IDLE_SECONDS", 0)
    failures = iter([OperationalError("the server closed the connection"), RuntimeError("odd")])
    lease = outbox.lease

    def failing(at, most):
        for error in failures:
            raise error
        return lease(at, most)

    monkeypatch.setattr(outbox, "lease", failing)
    taking = Taking()
    reached = waiting_for(taking, 3)
    running = delivery.start_in_background(app, taking)
    assert reached.wait(30)
    assert running.stop()


def test_a_round_after_the_database_cut_every_connection_goes_on(app, three):
    if database.is_sqlite():
        return
    taking, stop = Taking(), Event()
    reached = waiting_for(taking, 3)
    database.handle.execute_sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    thread = Thread(target=delivery.watch, args=(app, stop, taking), daemon=True)
    thread.start()
    assert reached.wait(30)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_the_counts_can_be_printed(app, three):
    assert json.loads(json.dumps(delivery.deliver_once(app, Taking())))["sent"] == 3


def one_mail():
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "a@x.example", "b@y.example"
    return message


def transport_to(port):
    return SMTPTransport(MailServer("127.0.0.1", port, None, None, tls=False), "localhost")


def test_a_transport_that_reaches_nobody_says_so(unused_port):
    with pytest.raises(ServerTrouble, match="refused"):
        transport_to(unused_port).send(one_mail())


def test_a_line_that_breaks_however_it_does_postpones_the_mail_and_is_hung_up(server, listening, monkeypatch):
    transport = transport_to(listening.port)
    with monkeypatch.context() as broken:
        broken.setattr("smtplib.SMTP.sendmail", raising(ConnectionResetError("reset by peer")))
        with pytest.raises(Postponed, match="reset by peer"):
            transport.send(one_mail())
    assert transport._smtp is None
    transport.send(one_mail())
    assert len(server.envelopes) == 1
    transport.close()


def raising(error):
    def fail(*_args, **_options):
        raise error

    return fail
