"""Site notices: the desk writes them; a partner's person with Look may leave those of a customer, and rejoin."""

from flask import Blueprint, flash, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import permissions
from portal.answering import go_to, sent_again, swap
from portal.errors import Overtaken
from portal.forms.site_notices import SiteNoticeForm, body_in, body_problem
from portal.forms.submission import once_id
from portal.identity import desk_only, signed_in
from portal.models import site_notices
from portal.permissions import Capability

bp = Blueprint("site_notices", __name__)


@bp.get("/desk/notices")
@desk_only
def index():
    """Show what is announced now, and what was."""
    return _list_page()


@bp.route("/desk/notices/new", methods=["GET", "POST"])
@desk_only
def new():
    """Show the form; or announce, and tell those concerned."""
    form = SiteNoticeForm(site=request.args.get("site", ""))
    if request.method == "GET":
        return _form_page(form)
    form = SiteNoticeForm.read(request.form)
    checked = form.check(g.at, g.contact.timezone)
    if checked is None:
        return _form_page(form), 422
    site, values = checked
    told = permissions.told_of_site_notices(site.organization, g.at)
    once = once_id(g.contact, request.form)
    notice = site_notices.publish(site, g.contact, at=g.at, told=told, public_id=once, **values)
    if notice.resolved_at is not None:
        over = _("This was announced already and is over. Nobody was told now. To announce it anew, send it once more.")
        return sent_again(over, lambda: _form_page(form))
    _say_how_many(told)
    return go_to(url_for(".index"))


@bp.post("/desk/notices/<public_id>/resolve")
@desk_only
def resolve(public_id):
    """Tell that what was announced is over."""
    notice = site_notices.by_public_id(public_id)
    if notice is None:
        raise permissions.Hidden
    body = body_in(request.form)
    problem = body_problem(body)
    if problem:
        return _list_page(typed={notice.public_id: body}, errors={f"body-{notice.public_id}": problem}), 422
    told = permissions.told_of_site_notices(notice.site.organization, g.at)
    if site_notices.resolve(notice, g.contact, body, g.at, told) is None:
        raise Overtaken(_("This notice is over already"), _("Nobody was told again."))
    _say_how_many(told)
    return go_to(url_for(".index"))


@bp.post("/partner/my_customers/<slug>/site_notices")
@signed_in
def receive(slug):
    """Leave the customer's site notices, or rejoin."""
    customer, standing = permissions.load_organization(g.contact, slug, Capability.SITE_NOTICES, g.at)
    wished = "receive" in request.form
    if not wished and not permissions.may_leave_site_notices(standing):
        raise permissions.Refused(standing, because="site_notices")
    site_notices.receive(g.contact, customer, wished)
    back_to = url_for("my_customers.index", customer=customer.slug, _anchor=f"customer-{customer.slug}")
    return swap("_site_notices_switch.html", back_to, customer=customer, receives=wished)


def _list_page(typed=None, errors=None):
    return render_template(
        "pages/desk_notices.html",
        at=g.at,
        current=site_notices.all_current(g.at),
        past=site_notices.past(g.at),
        typed=typed or {},
        errors=errors or {},
    )


def _form_page(form):
    return render_template(
        "pages/desk_notice.html",
        form=form,
        errors=form.errors,
        sites=site_notices.sites_by_organization(),
        zone=g.contact.timezone,
        at=g.at,
    )


def _say_how_many(told):
    told = [person for person in told if person.id != g.contact.id]
    flash(ngettext("Announced. %(num)s person is told.", "Announced. %(num)s people are told.", len(told)), "good")
