"""What each kind of mail says, in the language spoken just now."""

from portal.letters import access, grants, others, requests

_LETTERS = {
    "access_asked": access.asked,
    "access_approved": access.approved,
    "access_declined": access.declined,
    "access_withdrawn": access.withdrawn,
    "access_lapsed": access.lapsed,
    "access_given": grants.given,
    "access_changed": grants.changed,
    "access_ending": grants.ending,
    "access_ended": grants.ended,
    "request_new": requests.new,
    "request_message": requests.message,
    "request_changed": requests.changed,
    "request_assigned": requests.assigned,
    "contact_added": others.contact_added,
    "site_notice": others.site_notice,
    "answer_changed": others.answer_changed,
    "password_reset": others.password_reset,
    "invitation": others.invitation,
    "email_changed": others.email_changed,
    "email_left": others.email_left,
    "second_factor_changed": others.second_factor_changed,
}
KINDS = tuple(_LETTERS)


def compose(notification, at):
    """Return the Letter for the notification's reader, who may see what it tells; `at` is the instant of writing."""
    return _LETTERS[notification.kind](notification, at)
