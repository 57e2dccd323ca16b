"""A mail server with faults, and what it took."""

import re
import socketserver
import sys
import threading
from collections import Counter
from contextlib import contextmanager

TAKES = "takes"
REFUSES_NOW, REFUSES_FOR_GOOD = "451 try again", "554 never"
DIES_IN_DATA, DIES_AFTER_DATA = "dies in data", "dies after data"
HANGS_AT_ONCE, HANGS_AFTER_DATA = "hangs at once", "hangs after data"


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on a loopback port; `mode` is what it does with each mail, `taken` counts what it kept, by Message-ID."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Conversation)
        self.mode, self.taken, self.attempts = TAKES, Counter(), 0
        self.arrived, self.let_go, self.reached = threading.Condition(), threading.Event(), threading.Event()

    def handle_error(self, request, client_address):
        """Say nothing of clients that are killed while they speak."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def keep(self, mail):
        """Note a mail as taken."""
        with self.arrived:
            self.taken[re.search(rb"^Message-ID:\s*<([^@>]+)@", mail, re.M | re.I)[1].decode()] += 1
            self.arrived.notify_all()

    def wait_for(self, count, timeout=120):
        """Wait until so many different mails were taken; return whether they were."""
        with self.arrived:
            return self.arrived.wait_for(lambda: len(self.taken) >= count, timeout)


class Conversation(socketserver.StreamRequestHandler):
    """One connection, as far as smtplib goes."""

    def handle(self):
        if self.server.mode == HANGS_AT_ONCE:
            self.server.attempts += 1
            self.server.let_go.wait(60)
            return
        self.say("220 ready")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                if not self.data():
                    return
            else:
                self.say("221 bye" if word == b"QUIT" else "250 ok")

    def data(self):
        """Take a mail or do what the mode says; return whether the connection goes on."""
        mode, self.server.attempts = self.server.mode, self.server.attempts + 1
        self.say("354 go on")
        if mode == DIES_IN_DATA:
            self.rfile.readline()
            return False
        mail = b"".join(iter(self.rfile.readline, b".\r\n"))
        if mode == HANGS_AFTER_DATA:
            self.server.reached.set()
            self.server.let_go.wait(60)
        if mode in {REFUSES_NOW, REFUSES_FOR_GOOD}:
            self.say(mode)
            return True
        self.server.keep(mail)
        if mode == DIES_AFTER_DATA:
            return False
        self.say("250 taken")
        return True

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def listening(port=0):
    """Lend a running MailServer."""
    with MailServer(port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.let_go.set()
            server.shutdown()
            thread.join()
