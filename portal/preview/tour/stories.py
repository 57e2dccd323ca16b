"""The five stories of the tour."""

from flask_babel import lazy_gettext as _

from portal.permissions import Level
from portal.preview.tour.steps import Hint, Step, Story

MY_CUSTOMERS, MY_PARTNERS = "/partner/my_customers", "/partner/my_partners"
FORM, GIVE = f"{MY_CUSTOMERS}/request", f"{MY_PARTNERS}/give"
MAIL = "dl.facts"


def _at(endpoint, key):
    """Return a `done`: this person has opened that page."""
    return lambda scene, visit: visit.endpoint == endpoint and visit.contact == scene.person(key)


ASK = Story(
    "ask",
    _("Ask for access"),
    _("A partner asks; nothing changes until the customer decides."),
    _("Asked, in a minute, without a shared password. The customer’s contact manager has the request and a mail."),
    (
        Step(
            _("Sanne de Boer of Lattice Integrators wants to work in Kitahama Foods’ requests, under her own name."),
            "sanne",
            MY_CUSTOMERS,
            (Hint(f"main a[href={FORM}]", _("Her customers are below. She asks for a new one here.")),),
            _at("my_customers.request_access", "sanne"),
        ),
        Step(
            _("She says whom she asks, for how long, and at which level. Then she sends it."),
            "sanne",
            FORM,
            (
                Hint("#manager_email", _("Type y.mori@kitahama.example: Sanne knows it from her customer.")),
                Hint(
                    "select[name^=level-]",
                    _("Choose a level for Sanne, for example Create: she reads, answers and submits."),
                ),
                Hint("section[aria-labelledby=why] .actions", _("Send it. Nobody gets in by this alone.")),
            ),
            lambda scene, visit: scene.asked("sanne", "kitahama"),
        ),
        Step(
            _("It waits. Nothing has changed yet, and Sanne sees nothing of Kitahama Foods because of it."),
            "sanne",
            f"{MY_CUSTOMERS}#waiting",
            (Hint("#waiting .head", _("She can take it back here. Unanswered, it lapses after 30 days.")),),
        ),
        Step(
            _("This is the mail that Yuki Mori, the contact manager, would have got."),
            "yuki",
            lambda scene: scene.mail_to(
                scene.person("yuki"), "access_asked", organization=scene.person("sanne").organization
            ),
            (Hint(MAIL, _("One recipient, her language, and a button to the page where she decides.")),),
        ),
    ),
)


def _asker(scene):
    decided = scene.last_decided("kitahama")
    return decided.requested_by if decided else scene.person("sanne")


def _answer_to_asker(scene):
    decided = scene.last_decided("kitahama")
    kind = f"access_{decided.status}" if decided else "access_approved"
    return scene.mail_to(_asker(scene), kind)


DECIDE = Story(
    "decide",
    _("Decide"),
    _("The customer sees what a yes would open, lowers it, and says yes or no."),
    _("Decided by the customer alone, with the figures in sight, and kept in a history that nobody can edit."),
    (
        Step(
            _(
                "Yuki Mori decides who outside Kitahama Foods works in its requests. Before that she sees what it opens."
            ),
            "yuki",
            f"{MY_PARTNERS}#pending",
            (Hint(".decision .strip", _("How many people will read how many past requests: counted, not guessed.")),),
        ),
        Step(
            _("She may give less than was asked, never more. She approves, or declines with a reason."),
            "yuki",
            f"{MY_PARTNERS}#pending",
            (
                Hint(".decision form table", _("Lower a level or drop a line: the figures above follow.")),
                Hint(".decision .actions", _("Approve it, or decline below. Deciding twice leaves one decision.")),
            ),
            lambda scene, visit: scene.decided("kitahama"),
        ),
        Step(
            _("Now it is a grant: who, which level, until which day, and who gave it."),
            "yuki",
            f"{MY_PARTNERS}#current",
            (Hint("#current .head", _("Each line can be edited, or ended at once. It holds to the second.")),),
        ),
        Step(
            _("Who asked is told by mail, in their own language."),
            _asker,
            _answer_to_asker,
            (Hint(MAIL, _("What they may do, until when, and who decided.")),),
        ),
        Step(
            _("And the history keeps it: who gave what to whom, and later what they read under it."),
            "yuki",
            "/history/kitahama",
            (Hint(".page-head .actions", _("The access receipt, to take along. Nothing in it can be changed.")),),
        ),
    ),
    lambda scene: scene.someone_asks("sanne", "kitahama", "yuki", Level.CREATE, "I look after the night shift."),
)


def _question(scene):
    found = scene.question("tariq", "cielo")
    return f"/requests/{found.reference}" if found else "/requests?organization=cielo"


QUESTION = Story(
    "question",
    _("Ask a question for the customer"),
    _("A partner’s person submits for the customer; the desk answers; everybody sees who wrote."),
    _("One thread, three firms, and everybody under their own name: no dummy contact, no shared password."),
    (
        Step(
            _("Tariq Nasser of Orrin Data looks after the booking of an airline, Aerolíneas Cielo."),
            "tariq",
            f"{MY_CUSTOMERS}#customer-cielo",
            (Hint("#customer-cielo .because", _("Every right says why: who gave it, to whom, until when.")),),
        ),
        Step(
            _("He submits a question for Aerolíneas Cielo. Write a subject and a few words, and submit."),
            "tariq",
            "/ask?organization=cielo",
            (
                Hint("select#organization", _("For whom: his own firm, or a customer who lets him create.")),
                Hint("#subject", _("Answers that may help appear while one types.")),
                Hint("#submit-line", _("The button says for whom. Submit it.")),
            ),
            lambda scene, visit: scene.questioned("tariq", "cielo"),
        ),
        Step(
            _("The request is the customer’s, and Tariq leads it."),
            "tariq",
            _question,
            (Hint("#why", _("Why can he see this? The page says so, here and on every request.")),),
        ),
        Step(
            _("Noor Haddad of the desk answers. Write a line and send it."),
            "noor",
            lambda scene: f"{_question(scene)}#reply",
            (
                Hint("#body", _("What is marked internal stays with the desk: no page, mail or search shows it.")),
                Hint("#reply-form .actions", _("Send the reply.")),
            ),
            lambda scene, visit: scene.answered("tariq", "cielo"),
        ),
        Step(
            _("Carlos Vega of Aerolíneas Cielo reads along: it is his firm’s request."),
            "carlos",
            _question,
            (Hint("#thread .head", _("A diamond is the partner, a ring the desk. Each under their own name.")),),
        ),
    ),
    lambda scene: scene.holds("tariq", "cielo", Level.CREATE, 180, "carlos"),
)


def _end_dmitris(scene):
    grant = scene.named_grant("dmitri", "kitahama")
    if grant is None:
        return ()
    return (Hint(f"#grant-{grant.public_id} th", _("In this line: “End now”, then “End this access”."), inside=True),)


NARROW = Story(
    "narrow",
    _("A grant of one’s own that narrows"),
    _("A level for one named person decides alone, even when their firm’s is higher."),
    _("The named level decides, higher or lower; when it ends, the firm’s decides again. No surprise in between."),
    (
        Step(
            _("Dmitri Sokol reads Kitahama Foods’ requests, because everybody at Brightwater Consulting may."),
            "dmitri",
            f"{MY_CUSTOMERS}#customer-kitahama",
            (Hint("#customer-kitahama .because", _("His firm’s level is his: nothing names him.")),),
        ),
        Step(
            _("Yuki Mori wants less for him alone: CC, only the requests that name him."),
            "yuki",
            GIVE,
            (
                Hint("#partner", _("Choose Brightwater Consulting.")),
                Hint("#person_email", _("Type d.sokol@brightwater.example.")),
                Hint("#person_level", _("Choose CC. Leave the level for everybody as it is.")),
                Hint("section[aria-labelledby=how-long] .actions", _("Give it.")),
            ),
            lambda scene, visit: (
                (grant := scene.named_grant("dmitri", "kitahama")) is not None and grant.starts_at >= scene.since
            ),
        ),
        Step(
            _("Dmitri at once has CC, although his firm has more."),
            "dmitri",
            f"{MY_CUSTOMERS}#customer-kitahama",
            (Hint("#customer-kitahama .because", _("The sentence names what decides, and what it overrules.")),),
        ),
        Step(
            _("So his list is short: only what names him is left, in search, figures and files alike."),
            "dmitri",
            "/requests?organization=kitahama",
            (Hint("form.filters", _("Whatever he types, the rest does not exist for him.")),),
        ),
        Step(
            _("Yuki ends it again."),
            "yuki",
            f"{MY_PARTNERS}#current",
            _end_dmitris,
            lambda scene, visit: scene.ended("dmitri", "kitahama"),
        ),
        Step(
            _("And the firm’s level decides again, from that second on."),
            "dmitri",
            f"{MY_CUSTOMERS}#customer-kitahama",
            (Hint("#customer-kitahama .because", _("Nobody had to remember to give it back.")),),
        ),
    ),
    lambda scene: scene.firm_holds("dmitri", "kitahama", Level.LOOK, 180, "yuki"),
)

END = Story(
    "end",
    _("Access that ends"),
    _("Three months pass: reminders come, access ends by itself, and its requests are handed over."),
    _("Access ends by itself, everywhere and to the second. Keeping it is one request, and the customer’s decision."),
    (
        Step(
            _("Piet Vermeer of Lattice Integrators works for Kitahama Foods, until a day."),
            "piet",
            f"{MY_CUSTOMERS}#customer-kitahama",
            (Hint("#customer-kitahama .until", _("Every level says when it ends. Extending is one click below.")),),
        ),
        Step(
            _("Let three months pass. Reminders go out 30, 7 and 1 days before the end."),
            "piet",
            MY_CUSTOMERS,
            done=lambda scene, visit: scene.named_grant("piet", "kitahama") is None,
            days=90,
        ),
        Step(
            _("Piet was reminded, and this told him that it is over."),
            "piet",
            lambda scene: scene.mail_to(scene.person("piet"), "access_ended", organization=scene.firm("kitahama")),
            (Hint(MAIL, _("The customer’s contact managers got the same news. All mail is in the mailbox.")),),
        ),
        Step(
            _("For Piet, Kitahama Foods is gone: pages, search, figures, files, and every open window."),
            "piet",
            MY_CUSTOMERS,
            (Hint("section[aria-labelledby=access] .head", _("What one may not see does not exist.")),),
        ),
        Step(
            _("Whatever Piet led is not forgotten: Yuki Mori hands it over."),
            "yuki",
            f"{MY_PARTNERS}#handover",
            (
                Hint("#handover .head", _("Open requests led by people without access, and who could lead them now.")),
                Hint("section[aria-labelledby=past] .head", _("What was decided, and what is over, stays in sight.")),
            ),
        ),
    ),
    lambda scene: scene.holds("piet", "kitahama", Level.CC, 30, "yuki"),
)

STORIES = (ASK, DECIDE, QUESTION, NARROW, END)
