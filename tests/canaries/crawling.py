"""All that one person can get hold of: every address with every row's id, the links of the pages, and harmless posts."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal import unsubscribing
from portal.models import Answer, Contact, Notification
from tests.canaries import script
from tests.people import Browser

LINK = re.compile(r'(?:href|data-hx-get|action)="(/[^"#]*)')
WORD = re.compile(r"xq\d{3}w")
NOT_FOLLOWED = re.compile(r"/(static|logout|login|unsubscribe)\b|[?&](cursor|lang)=|/attachments/|\.csv")


class Crawl:
    """What one person was answered: `pages` holds (address, status, text) for every answer."""

    def __init__(self, app, world, person):
        self.world, self.person = world, person
        self.browser = Browser(app, world.people.get(person))
        self.place = [*world.people, person].index(person)
        self.pages, self.links, self._seen = [], {}, set()

    def everything(self):
        """Ask for all that there is, and follow the links of what is answered."""
        for address in addresses(self.world, self.place, self.person):
            self.get(address)
        for address in self._leading_on():
            self.get(address)
        for address, form in harmless_posts(self.world, self.place):
            self.post(address, form)
        return self

    def _leading_on(self):
        """Return links of the pages that were not asked for yet: of each kind a few, and each of the cast others."""
        routes, kinds = self.browser.app.url_map.bind("localhost"), {}
        known = {kind_of(routes, address) for address, *_ in self.pages}
        for link in self.links:
            if (link,) not in self._seen and (kind := kind_of(routes, link)):
                kinds.setdefault(kind, []).append(link)
        return [link for kind, found in kinds.items() for link in share(found, self.place, 1 if kind in known else 2)]

    def anew(self):
        """Forget what was answered; the session stays."""
        self.pages, self.links, self._seen = [], {}, set()
        return self

    def get(self, address, **headers):
        if (address, *headers.items()) in self._seen:
            return None
        self._seen.add((address, *headers.items()))
        return self._keep(address, self.browser.get(address, headers=headers))

    def post(self, address, form):
        return self._keep(address, self.browser.post(address, form, swap=True))

    def _keep(self, address, answer):
        headers = "\n".join(value for name, value in answer.headers if name in {"Content-Disposition", "Location"})
        text = f"{headers}\n{unescape(answer.get_data(as_text=True))}"
        answer.close()
        if answer.status_code == 200:
            self.links.update(dict.fromkeys(links(text)))
        for echoed in {urlsplit(address).path, *WORD.findall(address)}:  # whoever asks knows what they asked for
            text = text.replace(echoed, "")
        self.pages.append((address, answer.status_code, text))
        return text

    def words(self):
        """Return {word: the first address whose answer held it}."""
        found = {}
        for address, _status, text in self.pages:
            for word in WORD.findall(text.lower()):
                found.setdefault(word, address)
        return found


def links(text):
    """Return the addresses of the portal to which a page leads, but not those that it leads to by the dozen."""
    found = dict.fromkeys(LINK.findall(text))
    return [one for one in found if not NOT_FOLLOWED.search(one)]


def kind_of(routes, address):
    """Return to which page an address leads, and by which of its fields; None where one can only post."""
    path, _, query = address.partition("?")
    try:
        return routes.match(path)[0], *sorted(dict(parse_qsl(query, keep_blank_values=True)))
    except MethodNotAllowed:
        return None
    except HTTPException:
        return (path,)


def addresses(world, place, person):
    """Return the addresses of every page with the ids of the rows, as far as they fall to this person.

    That is all of theirs; what is not theirs, and the desk's pages, are shared out among those to whom they are closed.
    Whoever reads as another one does gets only a share of all.
    """
    found = {endpoint: made(world) for endpoint, made in PAGES.items()}
    if person in script.READING_ALIKE:
        return share([address for listed in found.values() for address in listed], place, 40)
    is_desk = world.oracle.is_desk(person)
    shut = [] if is_desk else [one for one in found if one.startswith("desk")]
    closed = share([address for one in shut for address in found.pop(one)], place, 6)
    mine = theirs(world, person) | set(found["contacts.index"] if is_desk else ())
    return closed + [
        address
        for listed in found.values()
        for address in (
            *(one for one in listed if one in mine),
            *share([one for one in listed if one not in mine], place),
        )
    ]


def theirs(world, person):
    """Return the addresses of the requests, files, dashboards and answers that the person is entitled to."""
    read = [world.requests[key] for key in world.oracle.readable(person)]
    files = [one for one in world.files if one.service_request in read]
    texts = [one for one in world.texts if world.oracle.must(person, one)]
    answers = [world.answers[one.about] for one in texts if one.kind == "answer"]
    firms = [world.firms[one.about] for one in texts if one.kind == "site"]
    return {
        *each("/requests/{}", read, "reference"),
        *each("/attachments/{}", files),
        *each("/answers/{}", answers),
        *each("/dashboard/{}", firms, "slug"),
    }


def share(listed, place, size=3):
    """Return as much of a list as fits; of a longer one, a part that differs from person to person."""
    parts = -(-len(listed) // size)
    return listed[place % parts :: parts] if parts > 1 else listed


def each(pattern, rows, name="public_id"):
    return [pattern.format(getattr(row, name)) for row in rows]


def _requests(world):
    by_firm = each("/requests?organization={}", world.firms.values(), "slug")
    return ["/requests", "/requests?mine=on&sort=severity", "/requests?status=open&sort=created", *by_firm]


def _contacts(world):
    own = [f"/contacts/{one.organization.slug}/{one.public_id}" for one in Contact.select()]
    kita = world.firms["kita"].slug
    return [*own[::4], *each(f"/contacts/{kita}/{{}}", (world.people["nord.support"], world.people["bright.look"]))]


def _dashboards(world):
    whole = each("/dashboard/{}", world.firms.values(), "slug")
    return [*whole, f"{whole[1]}?weeks=26&site={world.sites['kita'].public_id}"]


def _who(world):
    day = f"{world.now:%Y-%m-%d}"
    return [
        f"/history/{world.firms[firm].slug}/who?reference={one.reference}&day={day}"
        for firm in ("kita", "nord")
        for one in list(world.requests.values())[::4]
    ]


def _notifications(world):
    return each("/notifications/{}", Notification.select().where(Notification.kind == "request_message").limit(3))


def _unsubscribing(world):
    leaving = unsubscribing.Leaving(world.people["kita.support"], "request_message")
    return [f"/unsubscribe/{unsubscribing.token(leaving, 'a secret for the tests alone')}"]


def of_slug(pattern):
    return lambda world: each(pattern, world.firms.values(), "slug")


def fixed(*paths):
    return lambda world: paths


PAGES = {
    "start.index": fixed("/"),
    "health.healthz": fixed("/healthz"),
    "sign_in.login": fixed("/login"),
    "sign_in.forgot": fixed("/login/forgot"),
    "sign_in.reset": fixed("/login/reset/not-a-token"),
    "requests.index": _requests,
    "requests.export": lambda world: [
        "/requests.csv",
        *each("/requests.csv?organization={}", world.firms.values(), "slug"),
    ],
    "service_request.show": lambda world: each("/requests/{}", world.requests.values(), "reference"),
    "service_request.news": lambda world: each("/requests/{}/news", list(world.requests.values())[::4], "reference"),
    "attachments.download": lambda world: each("/attachments/{}", world.files),
    "answers.index": fixed("/answers", "/answers?q=xb"),
    "answers.show": lambda world: each("/answers/{}", Answer.select()),
    "ask.index": lambda world: [
        "/ask",
        *each("/ask?organization={}&change=organization", world.firms.values(), "slug"),
    ],
    "my_customers.index": fixed("/partner/my_customers"),
    "my_customers.request_access": lambda world: [
        "/partner/my_customers/request",
        *each("/partner/my_customers/request?customer={}", world.firms.values(), "slug"),
        *each("/partner/my_customers/request?grant={}", world.grants[::4]),
    ],
    "my_partners.index": fixed("/partner/my_partners"),
    "grants.give": fixed("/partner/my_partners/give"),
    "grants.edit": lambda world: each("/partner/my_partners/grants/{}", world.grants[::3]),
    "contacts.index": of_slug("/contacts/{}"),
    "contacts.new": of_slug("/contacts/{}/add"),
    "contacts.show": _contacts,
    "dashboard.show": _dashboards,
    "history.index": of_slug("/history/{}"),
    "history.receipt": of_slug("/history/{}.csv"),
    "history.who": _who,
    "notifications.index": fixed("/notifications"),
    "notifications.follow": _notifications,
    "preferences.index": fixed("/preferences"),
    "second_step.ask": fixed("/login/code"),
    "second_factor.index": fixed("/preferences/second_factor"),
    "second_factor.replace": fixed("/preferences/second_factor/new"),
    "unsubscribe.ask": _unsubscribing,
    "desk.index": fixed("/desk?status=all"),
    "desk_mail.index": fixed("/desk/mail"),
    "desk_answers.index": fixed("/desk/answers"),
    "desk_answers.new": fixed("/desk/answers/new"),
    "desk_answers.edit": lambda world: each("/desk/answers/{}", Answer.select()),
    "desk_organizations.index": fixed("/desk/organizations"),
    "desk_organizations.new": fixed("/desk/organizations/new"),
    "desk_organizations.show": of_slug("/desk/organizations/{}"),
    "site_notices.index": fixed("/desk/notices"),
    "site_notices.new": fixed("/desk/notices/new"),
}


def harmless_posts(world, place):
    """Yield posts that are refused whatever one may, for their form is wrong; and those that only ask something."""
    yield "/answers/suggestions", {"subject": "xb"}
    yield "/partner/my_customers/request/colleagues", {"colleague": "xb"}
    for one in share(list(world.requests.values()), place, 2):
        yield f"/requests/{one.reference}/messages", {"body": ""}
        yield f"/requests/{one.reference}/contacts", {"kind": "existing", "contact": "nobody"}
        yield f"/requests/{one.reference}/primary_contact", {"contact": "nobody"}
    for one in share(list(world.firms.values()), place, 2):
        yield "/ask", {"organization": one.slug, "category": "technical", "subject": ""}
        yield f"/contacts/{one.slug}/add", {"name": ""}
    for one in share(list(world.access_requests.values()), place, 2):
        yield f"/partner/access_requests/{one.public_id}/impact", {}
        yield f"/partner/access_requests/{one.public_id}/approve", {"days": "never"}
    for one in share(world.grants, place, 2):
        yield f"/partner/my_partners/grants/{one.public_id}", {"days": "never"}
        yield f"/partner/my_partners/grants/{one.public_id}/impact", {}
