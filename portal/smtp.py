"""One connection to the mail server, and what its answers mean: taken, refused for good, or to be tried again."""

import smtplib
import ssl

TIMEOUT_SECONDS = 20
MAILS_PER_CONNECTION = 50  # servers close after about a hundred
TOO_LARGE = 552


class Refused(Exception):
    """This mail is refused for good."""


class Postponed(Exception):
    """This mail was not taken now."""


class ServerTrouble(Exception):
    """No mail can be handed over now: the server is away, or does not want us."""


class SMTPTransport:
    """Hands mail to a server; connects when the first mail comes."""

    def __init__(self, server, our_name):
        self._server = server
        self._our_name = our_name
        self._smtp = None
        self._handed_over = 0

    def send(self, message):
        """Hand the message to the server; raise Refused, Postponed or ServerTrouble where it does not take it."""
        payload = message.as_bytes()
        sender = message["From"].addresses[0].addr_spec
        recipient = message["To"].addresses[0].addr_spec
        smtp = self._connection()
        try:
            smtp.sendmail(sender, [recipient], payload)
        except smtplib.SMTPException as error:
            raise _meaning(error) from error
        except OSError as error:
            self.close()
            raise Postponed(_said(error)) from error
        finally:
            self._handed_over += 1
            if self._smtp is not None and self._smtp.sock is None:  # smtplib hangs up by itself on a 421
                self._smtp = None

    def close(self):
        """Hang up."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (smtplib.SMTPException, OSError):
                smtp.close()

    def _connection(self):
        if self._handed_over >= MAILS_PER_CONNECTION:
            self.close()
        if self._smtp is None:
            self._handed_over = 0
            try:
                self._smtp = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                raise ServerTrouble(_said(error)) from error
        return self._smtp

    def _connect(self):
        server = self._server
        options = {"local_hostname": self._our_name, "timeout": TIMEOUT_SECONDS}
        if server.tls:
            smtp = smtplib.SMTP_SSL(server.host, server.port, context=ssl.create_default_context(), **options)
        else:
            smtp = smtplib.SMTP(server.host, server.port, **options)
        try:
            smtp.ehlo_or_helo_if_needed()
            if not server.tls and smtp.has_extn("starttls"):
                smtp.starttls(context=_starttls_context(server))
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp


def _starttls_context(server):
    """A server that gets our password must show who it is; otherwise any encryption beats none."""
    context = ssl.create_default_context()
    if not server.user:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _meaning(error):
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _by_code(code, text)
    if isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code != TOO_LARGE:
        return ServerTrouble(_said(error))  # it would refuse every mail of ours
    if isinstance(error, smtplib.SMTPResponseException):
        return _by_code(error.smtp_code, error.smtp_error)
    return Postponed(_said(error))


def _by_code(code, text):
    said = f"{code} {_text(text)}"
    return Refused(said) if 500 <= code < 600 else Postponed(said)


def _said(error):
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(answer):
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
