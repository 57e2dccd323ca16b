"""The desk's organizations: added and edited, with their sites; the people are on each one's Contacts page."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portal import cursors
from portal.errors import Overtaken
from portal.folding import folded
from portal.forms.organizations import OrganizationForm, SiteForm
from portal.forms.typed import text
from portal.forms.zones import zone_options
from portal.identity import desk_only
from portal.models import Organization, organization_changes, organization_lists, waiting
from portal.permissions import Hidden

bp = Blueprint("desk_organizations", __name__)


@bp.get("/desk/organizations")
@desk_only
def index():
    typed = text(request.args, "q", 200)
    place = cursors.read("organizations", request.args.get("cursor", ""))
    page = organization_lists.page(folded(typed).split()[:5], place)
    return render_template(
        "pages/desk_organizations.html",
        q=typed,
        organizations=page.rows,
        people=waiting.people_of([one.id for one in page.rows]),
        next_cursor=cursors.make("organizations", page.next_place) if page.next_place else None,
        first_page=place is None,
    )


@bp.route("/desk/organizations/new", methods=["GET", "POST"])
@desk_only
def new():
    if request.method == "GET":
        return _new_page(OrganizationForm())
    form = OrganizationForm.read(request.form)
    if not form.check(new=True):
        return _new_page(form), 422
    try:
        made = organization_changes.add(form.slug, **form.values)
    except organization_changes.SlugTaken:
        form.refuse_slug()
        return _new_page(form), 422
    flash(_("%(organization)s is added. Add its sites and its people next.", organization=made.name), "good")
    return redirect(url_for(".show", slug=made.slug), 303)


@bp.get("/desk/organizations/<slug>")
@desk_only
def show(slug):
    organization = _load(slug)
    return _organization_page(organization, OrganizationForm.of(organization))


@bp.post("/desk/organizations/<slug>")
@desk_only
def edit(slug):
    organization, form = _load(slug), OrganizationForm.read(request.form)
    form.slug = slug
    if not form.check(new=False):
        return _organization_page(organization, form), 422
    try:
        changed = organization_changes.edit(organization, form.values, form.seen, g.contact, g.at)
    except organization_changes.ChangedMeanwhile as meanwhile:
        raise _overtaken(meanwhile.organization) from None
    flash(_("Saved.") if changed else _("Nothing was changed."), "good")
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/desk/organizations/<slug>/sites")
@desk_only
def add_site(slug):
    organization, form = _load(slug), SiteForm.read(request.form)
    if form.check():
        try:
            organization_changes.add_site(organization, form.name, form.url)
        except organization_changes.NameTaken:
            form.refuse_name()
    return _site_answer(organization, form, _("The site %(name)s is added.", name=form.name))


@bp.post("/desk/organizations/<slug>/sites/<public_id>")
@desk_only
def edit_site(slug, public_id):
    organization = _load(slug)
    site = organization_lists.site_of(organization, public_id)
    if site is None:
        raise Hidden
    form = SiteForm.read(request.form, key=site.public_id)
    if form.check():
        try:
            organization_changes.edit_site(site, form.name, form.url)
        except organization_changes.NameTaken:
            form.refuse_name()
    return _site_answer(organization, form, _("The site %(name)s is saved.", name=form.name))


def _load(slug):
    organization = Organization.by_slug(slug)
    if organization is None:
        raise Hidden
    return organization


def _new_page(form):
    return render_template(
        "pages/desk_organization_new.html", form=form, errors=form.errors, zones=zone_options(form.timezone)
    )


def _organization_page(organization, form, site_form=None):
    return render_template(
        "pages/desk_organization.html",
        organization=organization,
        form=form,
        sites=organization.sites_by_name(),
        site_form=site_form or SiteForm(),
        people=waiting.people_of([organization.id]).get(organization.id, 0),
        managers=organization.contact_managers(),
        errors=form.errors | (site_form.errors if site_form else {}),
        zones=zone_options(form.timezone),
    )


def _site_answer(organization, form, said):
    if form.errors:
        return _organization_page(organization, OrganizationForm.of(organization), form), 422
    flash(said, "good")
    return redirect(url_for(".show", slug=organization.slug, _anchor="sites"), 303)


def _overtaken(organization):
    return Overtaken(
        _("Somebody has changed this organization meanwhile"),
        _(
            "It is now called %(name)s, in the time zone %(zone)s. Load its page again to change it.",
            name=organization.name,
            zone=organization.timezone,
        ),
    )
