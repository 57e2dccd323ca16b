"""What a change of a service request leaves behind: a line of the customer's history, and who is told of it (SPEC 5)."""

from portal.models import history
from portal.models.notifications import notify
from portal.models.organizations import Contact


def record(request, kind, actor, at, grant, **details):
    """Keep in the customer's history what a partner's person did under a grant; its own people's work is not."""
    if grant is not None:
        about = {"partner": grant.partner_id, "grant": grant, "service_request": request}
        history.record(request.organization, kind, at, actor=actor, **about, **details)


def desk_of(request):
    """Return whom of the desk a request concerns: its assignee, or all."""
    assignee = request.assignee
    return [assignee] if assignee and assignee.active and assignee.desk else Contact.of_the_desk()


def tell(kind, request, actor, at, readers, *, named, others=(), details=None, message=None):
    """Tell those of the people whom the request names (`named`) and of `others` who may read it."""
    told = [one for one in (*named, *others) if (one.stands_in_for_id or one.id) != actor.id]
    tell_all(kind, readers(told, request, at, named), request, actor, at, details=details, message=message)


def tell_all(kind, contacts, request, actor, at, **about):
    """Tell all of these contacts, who may read it."""
    notify(kind, contacts, at, actor=actor, service_request=request, organization=request.organization_id, **about)
