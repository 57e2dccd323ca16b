"""What became of an access request or a grant, told to whoever came too late (409), in their own words."""

from flask_babel import gettext as _

from portal.dates import day_and_time
from portal.errors import Overtaken
from portal.models.access import APPROVED, DECLINED, GIVEN_UP, SUPERSEDED, WITHDRAWN
from portal.words import in_sentence


def overtaken_decision(access_request, reader, at):
    """Return the Overtaken that tells `reader` who decided the request, or took it back, and when."""
    when = day_and_time(access_request.answered_at)
    return Overtaken(
        _decision_title(access_request.status_at(at), access_request.decided_by, reader),
        _("That was on %(when)s. What you sent changed nothing.", when=when),
    )


def _decision_title(status, decider, reader):
    mine, name = decider == reader, in_sentence(decider.name) if decider else ""
    if status == APPROVED:
        return _("You have approved this request already") if mine else _("%(name)s approved this request", name=name)
    if status == DECLINED:
        return _("You have declined this request already") if mine else _("%(name)s declined this request", name=name)
    if status == WITHDRAWN:
        return _("You have withdrawn this request already") if mine else _("%(name)s withdrew this request", name=name)
    return _("This request has lapsed: nobody answered it in 30 days")


def sent_before(access_request, at):
    """Return what to say where the form of this request is sent again and it is not pending any more at `at`."""
    when = day_and_time(access_request.answered_at)
    return {
        APPROVED: _(
            "You sent this form already, and it was approved on %(when)s. Nothing was sent now."
            " To ask anew, send it once more.",
            when=when,
        ),
        DECLINED: _(
            "You sent this form already, and it was declined on %(when)s. Nothing was sent now."
            " To ask anew, send it once more.",
            when=when,
        ),
        WITHDRAWN: _(
            "You sent this form already, and it was withdrawn on %(when)s. Nothing was sent now."
            " To ask anew, send it once more.",
            when=when,
        ),
    }.get(access_request.status_at(at)) or _(
        "You sent this form already, and it lapsed on %(when)s. Nothing was sent now. To ask anew, send it once more.",
        when=when,
    )


def given_before(grant):
    """Return what to say where the form that gave this access is sent again and the access is over."""
    return _(
        "You sent this form already, and the access that it gave was over on %(when)s. Nothing was given now."
        " To give it anew, send it once more.",
        when=day_and_time(grant.over_at),
    )


def overtaken_end(grant, reader):
    """Return the Overtaken that tells `reader` who ended the access, or that its time was up, and when."""
    when = day_and_time(grant.over_at)
    return Overtaken(_end_title(grant, reader), _("That was on %(when)s. What you sent changed nothing.", when=when))


def _end_title(grant, reader):
    if grant.ended_by_id is None:
        return _("This access is over: its last day has passed")
    mine, name = grant.ended_by == reader, in_sentence(grant.ended_by.name)
    if grant.end_cause == SUPERSEDED:
        return _("You have replaced this access already") if mine else _("%(name)s has replaced this access", name=name)
    if grant.end_cause == GIVEN_UP:
        return _("You have given this access up already") if mine else _("%(name)s gave this access up", name=name)
    return _("You have ended this access already") if mine else _("%(name)s ended this access", name=name)


def overtaken_handover(service_request, reader):
    """Return the Overtaken that tells who leads the request by now."""
    primary = service_request.primary_contact
    title = (
        _("You lead this request")
        if primary == reader
        else _("%(name)s leads this request by now", name=in_sentence(primary.name))
    )
    return Overtaken(title, _("It needs no handover any more. What you sent changed nothing."))
