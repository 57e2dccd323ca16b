"""The server is told to stop: requests and mails under way are finished, then it ends with 0."""

import hashlib
import http.client
from contextlib import closing

import pytest

from portal.models import Attachment, AttachmentChunk, Message, ServiceRequest
from tests.faults import mail_server
from tests.faults.mail_server import listening
from tests.faults.serving import Served

CHUNKS = 64  # of a megabyte: more than all that lies between server and client can hold


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_under_way_is_finished_and_the_server_ends_with_zero(engine, database_url, workers):
    with listening() as mail:
        mail.mode = mail_server.HANGS_AFTER_DATA
        served = Served(database_url, workers, MAIL_URL=mail.url)
        file, fingerprint = large_file(served)
        served.start()
        assert served.reply("to be mailed")[0] == 303
        assert mail.reached.wait(60), "a mail is under way"
        with closing(begin_download(served, file)) as download, closing(begin_reply(served)) as reply:
            answer = download.getresponse()
            read = hashlib.sha256(answer.read(1000))
            served.process.terminate()
            wait_until_nobody_is_let_in(served)
            reply.send(b"inished after all")
            assert reply.getresponse().status == 303
            while content := answer.read(2**20):
                read.update(content)
        mail.mode = mail_server.TAKES
        mail.let_go.set()
        assert served.ended() == 0
    states = served.mails()
    untold = [mail_id for mail_id in mail.taken if states[mail_id] != "sent"]
    print(f"{workers} stopped during a download, a reply and a mail: 0 lost, {len(untold)} mails to be sent twice")
    assert read.hexdigest() == fingerprint
    assert "finished after all" in served.bodies()
    assert mail.taken and not untold


def large_file(served):
    content = bytes(range(256)) * 4096
    whole = hashlib.sha256(content * CHUNKS).hexdigest()
    with served.looked_into():
        message = Message.get(Message.service_request == ServiceRequest.by_reference(served.reference))
        size = CHUNKS * len(content)
        file = Attachment.create(
            message=message, service_request=message.service_request, name="large.bin", size=size, sha256=whole
        )
        for position in range(CHUNKS):
            AttachmentChunk.create(attachment=file, position=position, content=content)
        return file.public_id, whole


def begin_download(served, file):
    connection = connect(served)
    connection.request("GET", f"/attachments/{file}", headers=served.cookie())
    return connection


def begin_reply(served):
    """Send all but the end of a reply, once the server has said that it listens."""
    token, end = served.people["support"][1], b"inished after all"
    beginning = f"csrf_token={token}&body=f".encode()
    connection = connect(served)
    connection.putrequest("POST", f"/requests/{served.reference}/messages")
    length = str(len(beginning) + len(end))
    kind = "application/x-www-form-urlencoded"
    headers = {**served.cookie(), "Content-Type": kind, "Content-Length": length, "Expect": "100-continue"}
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert b" 100 " in connection.sock.recv(1000)
    connection.send(beginning)
    return connection


def wait_until_nobody_is_let_in(served):
    while True:
        try:
            with closing(connect(served, timeout=0.3)) as connection:
                connection.request("GET", "/healthz")
                connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return


def connect(served, timeout=60):
    return http.client.HTTPConnection("127.0.0.1", served.port, timeout=timeout)
