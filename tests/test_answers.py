"""Answers: who reads which, in which language, who is told of a change; and how the desk writes them."""

import re
import threading
from datetime import date, timedelta

import pytest

from portal import clock, database, help_texts, page_help, permissions, telling
from portal.models import Answer, AnswerSubscription, AnswerTranslation, AnswerVersion, Notification, answer_changes
from portal.models.answer_changes import Draft
from portal.models.answer_lists import suggestions, terms
from portal.preview import answers
from tests.counting import statements
from tests.people import plain
from tests.route_paths import PATHS
from tests.route_rows import ROWS

TODAY = date(2026, 11, 20)


def write(world, title, body="Read on.", audience="public", locale="en", at=None):
    return answer_changes.write(Draft(locale, title, body, TODAY), audience, world.desk, at or clock.now())


def translate(world, answer, locale, title, body="Read on.", seen=0, at=None, tell=False):
    draft = Draft(locale, title, body, TODAY)
    return answer_changes.save(answer, draft, seen, world.desk, at or clock.now(), tell)


def typed(**changes):
    return {"language": "en", "title": "Labels", "body": "Switch it off.", "reviewed": "", "version": "0", **changes}


def address(answer, tail=""):
    return f"/answers/{answer.public_id}{tail}"


def edit(answer):
    return f"/desk/answers/{answer.public_id}"


# --- Who reads which ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "readers"),
    [
        ("public", {"nobody", "stranger", "look", "desk"}),
        ("contacts", {"stranger", "look", "desk"}),
        ("desk", {"desk"}),
        ("unheard-of", {"desk"}),
    ],
)
def test_page_list_search_and_suggestions_agree_on_who_may_read_an_answer(browse, world, audience, readers):
    answer = write(world, "Zebra crossings", "Stripes.", audience=audience)
    for who in ("nobody", "stranger", "look", "desk"):
        browser = browse(None if who == "nobody" else getattr(world, who))
        reads = who in readers
        assert browser.get(address(answer)).status_code == (200 if reads else 404), who
        assert ("Zebra crossings" in browser.get("/answers").text) is reads, who
        assert ("Zebra crossings" in browser.get("/answers?q=stripes").text) is reads, who
        suggested = browser.post("/answers/suggestions", {"subject": "zebra crossings"}, swap=True)
        assert ("Zebra crossings" in suggested.text) is reads, who


def test_a_hidden_answer_is_the_same_page_as_one_that_never_existed(browse, world):
    hidden = write(world, "Internal", audience="desk")
    browser = browse(world.look)
    there, nowhere = browser.get(address(hidden)), browser.get("/answers/nothing-like-that")
    assert there.status_code == nowhere.status_code == 404
    shown = [re.sub(r"\w{4}-\w{4}", "", plain(one.text)) for one in (there, nowhere)]
    assert shown[0] == shown[1]
    assert browser.post(address(hidden, "/subscription"), {"subscribed": "on"}).status_code == 404
    assert AnswerSubscription.select().count() == 0


def test_an_answer_without_any_text_is_on_no_page(browse, world):
    empty = Answer.create()
    assert browse(world.desk).get(address(empty)).status_code == 404
    assert empty.public_id not in browse(world.desk).get("/answers").text


# --- Languages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def labels(world):
    answer = write(world, "Labels wait", "**Now** print.", at=clock.now() - timedelta(days=9))
    translate(world, answer, "ja", "ラベルが待っている", "印刷します。", at=clock.now() - timedelta(days=8))
    return answer


def test_an_answer_is_read_in_the_readers_language_and_in_any_other_that_is_there(browse, world, labels):
    world.own.locale = "ja"
    world.own.save()
    page = browse(world.own).get(address(labels)).text
    assert '<h1 lang="ja">ラベルが待っている</h1>' in page
    other = browse(world.own).get(address(labels, "?language=en")).text
    assert '<h1 lang="en">Labels wait</h1>' in other
    assert "<strong>Now</strong>" in other


def test_a_missing_language_shows_another_and_says_so(browse, world, labels):
    page = browse(world.own).sees(address(labels, "?language=es"))
    assert "Labels wait" in page
    assert "Not written in Español yet. This is English." in page
    assert "Not written in" not in browse(world.own).sees(address(labels, "?language=xx"))


def test_a_translation_older_than_the_original_is_called_outdated_until_it_is_saved_again(browse, world, labels):
    browser, outdated = browse(world.own), "This translation is outdated"
    assert outdated not in browser.sees(address(labels, "?language=ja"))
    translate(world, labels, "en", "Labels wait", "Now print twice.", seen=1, at=clock.now() - timedelta(days=2))
    assert outdated in browser.sees(address(labels, "?language=ja"))
    assert outdated not in browser.sees(address(labels, "?language=en"))
    translate(world, labels, "ja", "ラベルが待っている", "2回印刷します。", seen=1)
    assert outdated not in browser.sees(address(labels, "?language=ja"))


def test_the_list_shows_the_readers_language_or_says_which_it_shows(browse, world, labels):
    world.own.locale = "ja"
    world.own.save()
    write(world, "Only in English")
    page = browse(world.own).sees("/answers")
    assert "ラベルが待っている" in page
    assert "Only in English （English）" in page


@pytest.mark.parametrize("text", ["## One\n\n### Two\n\n## Three", "# One\n\n#### Two\n\n# Three"])
def test_the_headings_of_an_answer_leave_no_rank_out(browse, world, text):
    page = browse().get(address(write(world, "Title", text))).text
    assert re.findall(r"<h[234]>(?:One|Two|Three)", page) == ["<h2>One", "<h3>Two", "<h2>Three"]


def test_markup_of_a_writer_stays_text(browse, world):
    answer = write(world, "<i>Title</i>", "# Part\n\n<script>alert(1)</script> [x](javascript:alert(1))")
    page = browse().get(address(answer)).text
    assert "&lt;i&gt;Title" in page
    assert "<h2>Part</h2>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


# --- Search ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("labels", {"Labels wait"}),
        ("LABELS print", {"Labels wait"}),
        ("ラベル", {"Labels wait"}),
        ("ﾗﾍﾞﾙ", {"Labels wait"}),
        ("印刷", {"Labels wait"}),
        ("labels 印刷", {"Labels wait"}),
        ("ＥＸＰＯＲＴ", {"Export: 100%_done"}),
        ("%_", {"Export: 100%_done"}),
        ("labels export", set()),
        ("'); drop table answer;--", set()),
        ("", {"Labels wait", "Export: 100%_done"}),
    ],
)
def test_every_word_must_be_in_some_translation(browse, world, labels, words, found):
    write(world, "Export: 100%_done")
    page = browse(world.own).get("/answers", query_string={"q": words}).text
    assert {title for title in ("Labels wait", "Export: 100%_done") if title in page} == found


def test_a_long_list_goes_on_by_cursor_and_costs_the_same_however_long(browse, world):
    browser = browse(world.own)
    write(world, "Title 000")
    with statements() as few:
        browser.get("/answers")
    for number in range(1, 40):
        write(world, f"Title {number:03}")
    with statements() as many:
        first = browser.get("/answers").text
    assert len(many) == len(few)
    following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    seen = re.findall(r"Title (\d{3})", first) + re.findall(r"Title (\d{3})", browser.get(following).text)
    assert seen == [f"{number:03}" for number in range(39, -1, -1)]
    assert browser.get("/answers?cursor=broken&q=%00").status_code == 200


# --- Suggestions -------------------------------------------------------------------------------------------------


def suggested(world, text, locale="en"):
    return [one.title for one in suggestions(permissions.visible_answers(world.own), text, locale)]


def test_titles_that_hold_the_words_are_suggested_the_best_first(world):
    write(world, "The printer keeps a job")
    write(world, "The label printer keeps the last job")
    write(world, "Exports take a while")
    assert suggested(world, "label printer keeps") == [
        "The label printer keeps the last job",
        "The printer keeps a job",
    ]
    assert suggested(world, "the and") == []
    assert suggested(world, "") == []


def test_japanese_is_compared_by_pairs_and_shown_in_the_readers_language(world, labels):
    assert suggested(world, "ラベルの印刷が止まる") == ["Labels wait"]
    assert suggested(world, "ラベル", "ja") == ["ラベルが待っている"]
    assert terms("ﾗﾍﾞﾙ x") == ["ベル", "ラベ"]


def test_no_more_than_five_are_suggested(world):
    for number in range(7):
        write(world, f"Printer {number}")
    assert len(suggested(world, "printer")) == 5


def test_the_subject_field_posts_what_is_typed_and_works_without_javascript_by_absence(browse, world):
    write(world, "Printer tricks")
    browser = browse(world.support)
    page = browser.get("/ask").text
    assert 'data-hx-post="/answers/suggestions"' in page
    assert 'id="suggestions"' in page
    answer = browser.post("/answers/suggestions", {"subject": "Printer waits"}, swap=True)
    assert 'id="suggestions"' in answer.text
    assert "Answers that may help" in answer.text
    plainly = browser.post("/answers/suggestions", {"subject": "Printer waits"})
    assert (plainly.status_code, plainly.location) == (303, "/ask")


# --- Notify me ---------------------------------------------------------------------------------------------------


def test_the_switch_follows_and_leaves_with_and_without_htmx(browse, world, labels):
    browser, post_to = browse(world.own), address(labels, "/subscription")
    followed = browser.post(post_to, {"subscribed": "on"})
    assert (followed.status_code, followed.location) == (303, address(labels))
    assert browser.post(post_to, {"subscribed": "on"}).status_code == 303
    assert AnswerSubscription.select().count() == 1
    assert 'name="subscribed" value="on" checked' in browser.get(address(labels)).text
    left = browser.post(post_to, {}, swap=True)
    assert left.status_code == 200
    assert '<form id="subscription"' in left.text
    assert "You hear no more of this answer." in left.text
    assert AnswerSubscription.select().count() == 0


def test_nobody_signed_out_follows_but_is_offered_to_sign_in(browse, labels):
    assert browse().post(address(labels, "/subscription"), {"subscribed": "on"}).location == "/login"
    assert f"/login?next=/answers/{labels.public_id}" in browse().get(address(labels)).text
    assert AnswerSubscription.select().count() == 0


def test_only_followers_are_told_and_only_when_the_writer_says_so(browse, world, labels):
    answer_changes.follow(world.own, labels, True, clock.now())
    answer_changes.follow(world.desk, labels, True, clock.now())
    browser = browse(world.desk)
    form = typed(body="Twice.", version="1")
    assert browser.post(edit(labels), form).status_code == 303
    assert Notification.select().count() == 0
    assert browser.post(edit(labels), {**form, "version": "2", "tell": "on"}).status_code == 303
    told = Notification.get()
    assert (told.kind, told.contact, told.answer) == ("answer_changed", world.own, labels)
    assert telling.may_be_mailed(told, clock.now())
    assert "Labels" in browse(world.own).sees("/notifications")


def test_an_answer_that_was_closed_meanwhile_is_told_of_no_more(browse, world, labels):
    answer_changes.follow(world.own, labels, True, clock.now())
    translate(world, labels, "en", "Secret title", seen=1, tell=True)
    answer_changes.open_to(labels, "desk")
    assert not telling.may_be_mailed(Notification.get(), clock.now())
    assert "Secret title" not in browse(world.own).get("/notifications").text


# --- The desk ----------------------------------------------------------------------------------------------------


def test_the_desk_writes_an_answer_and_its_translation(browse, world):
    browser = browse(world.desk)
    made = browser.post("/desk/answers/new", typed(audience="contacts", reviewed="2026-11-20"))
    answer = Answer.get()
    assert made.location == f"{edit(answer)}?language=en"
    assert (answer.audience, answer.reviewed_on) == ("contacts", TODAY)
    assert browser.post(edit(answer), typed(language="ja", title="ラベル")).status_code == 303
    assert {one.locale: (one.title, one.version) for one in answer.translated()} == {
        "en": ("Labels", 1),
        "ja": ("ラベル", 1),
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"body": "\0"}, "body"),
        ({"body": "x" * 100_001}, "body"),
        ({"language": "xx"}, "language"),
        ({"audience": "all"}, "audience"),
        ({"reviewed": "2999-01-01"}, "reviewed"),
        ({"reviewed": "yesterday"}, "reviewed"),
    ],
)
def test_bad_input_comes_back_with_a_sentence_and_writes_nothing(browse, world, changes, field):
    answer = browse(world.desk).post("/desk/answers/new", typed(**changes))
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert Answer.select().count() == AnswerTranslation.select().count() == 0


def test_a_preview_shows_the_text_and_saves_nothing(browse, world, labels):
    browser, form = browse(world.desk), typed(body="*Coming*", version="1", preview="on")
    fragment = browser.post(edit(labels), form, swap=True)
    assert fragment.text.lstrip().startswith('<div id="preview" class="swapped">')
    assert "<em>Coming</em>" in fragment.text
    page = browser.post(edit(labels), form)
    assert (page.status_code, "<em>Coming</em>" in page.text, ">\n*Coming*</textarea>" in page.text) == (
        200,
        True,
        True,
    )
    assert "<em>Coming</em>" in browser.post("/desk/answers/new", form).text
    assert AnswerVersion.select().where(AnswerVersion.locale == "en").count() == 1


def test_a_save_on_an_older_version_gets_409_with_both_texts_and_can_be_saved_again(browse, world, labels):
    browser = browse(world.desk)
    assert browser.post(edit(labels), typed(body="The first.", version="1")).status_code == 303
    late = browser.post(edit(labels), typed(body="The second.", version="1"))
    assert late.status_code == 409
    assert ">\nThe first.</textarea>" in late.text
    assert ">\nThe second.</textarea>" in late.text
    assert AnswerTranslation.get(AnswerTranslation.locale == "en").body == "The first."
    version = re.search(r'name="version" value="(\d+)"', late.text)[1]
    assert browser.post(edit(labels), typed(body="Both.", version=version)).status_code == 303
    assert AnswerTranslation.get(AnswerTranslation.locale == "en").body == "Both."


def test_a_translation_that_somebody_else_began_meanwhile_is_not_overwritten(browse, world, labels):
    late = browse(world.desk).post(edit(labels), typed(language="ja", version="0"))
    assert late.status_code == 409
    assert AnswerTranslation.get(AnswerTranslation.locale == "ja").version == 1


def test_two_writers_at_once_leave_one_version_each(world, labels):
    barrier, outcomes = threading.Barrier(2), []

    def save(text):
        barrier.wait()
        with database.opened():
            try:
                outcomes.append(translate(world, labels, "en", text, seen=1))
            except answer_changes.ChangedMeanwhile as meanwhile:
                outcomes.append(meanwhile.translation.version)

    writers = [threading.Thread(target=save, args=(text,)) for text in ("One", "Two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert outcomes == [2, 2]
    kept = AnswerVersion.select().where(AnswerVersion.locale == "en")
    assert sorted(one.version for one in kept) == [1, 2]


def test_versions_are_kept_also_of_what_was_imported_and_their_text_comes_back_into_the_form(browse, world):
    answer = Answer.create()
    AnswerTranslation.create(answer=answer, locale="en", title="Old", body="As imported.", updated_at=clock.now())
    translate(world, answer, "en", "New", "Rewritten.", seen=1)
    kept = [(one.version, one.body, one.author) for one in answer.versions("en")]
    assert kept == [(2, "Rewritten.", world.desk), (1, "As imported.", None)]
    page = browse(world.desk).get(f"{edit(answer)}?language=en&version=1").text
    assert ">\nAs imported.</textarea>" in page
    assert 'name="version" value="2"' in page


def test_another_audience_counts_at_once(browse, world, labels):
    browser = browse(world.desk)
    assert browser.post(f"{edit(labels)}/audience", {"audience": "desk"}).status_code == 303
    assert browse(world.own).get(address(labels)).status_code == 404
    assert browser.post(f"{edit(labels)}/audience", {"audience": "all"}).status_code == 422
    assert Answer.get().audience == "desk"


# --- The way there -----------------------------------------------------------------------------------------------


def test_answers_are_linked_from_every_page_signed_in_or_not(browse, world):
    assert 'href="/answers"' in browse(world.own).get("/requests").text
    assert 'href="/answers"' in browse().get("/login").text


def test_the_help_beside_a_heading_leads_to_an_answer_that_is_there_and_open(browse, world):
    browser, link = browse(world.manager), 'class="help" href="/answers/10164"'
    assert 'class="help"' not in browser.get("/partner/my_partners").text
    made = write(world, "Giving a partner access")
    Answer.update(public_id="10164").where(Answer.id == made.id).execute()
    assert link in browser.get("/partner/my_partners").text
    answer_changes.open_to(made, "desk")
    assert link not in browser.get("/partner/my_partners").text


@pytest.mark.parametrize("blueprint", sorted(page_help.ANSWERS))
def test_each_page_that_an_answer_explains_leads_to_it(browse, world, blueprint):
    made = write(world, "What stands here")
    Answer.update(public_id=page_help.ANSWERS[blueprint]).where(Answer.id == made.id).execute()
    ways = [line.split()[0] for line in ROWS.splitlines() if line.split()[1:2] == ["GET"]]
    paths = {endpoint: PATHS[endpoint](world)[0] for endpoint in ways if endpoint.partition(".")[0] == blueprint}
    unexplained = set()
    for endpoint, path in paths.items():
        for person in (world.manager, world.desk):
            answer = browse(person).get(path)
            whole = answer.status_code == 200 and answer.mimetype == "text/html" and "<h1" in answer.text
            if whole and f'class="help" href="/answers/{page_help.ANSWERS[blueprint]}"' not in answer.text:
                unexplained.add(endpoint)
            answer.close()
    assert paths
    assert unexplained == set()


def test_the_first_page_is_explained_to_each_by_what_they_are(browse, world):
    help_texts.add(clock.now())
    for person, number in ((world.create, "10163"), (world.manager, "10164"), (world.desk, "10187")):
        assert f'class="help" href="/answers/{number}"' in browse(person).get("/").text


def test_the_answers_that_explain_pages_are_added_once_and_are_the_desks_from_then_on(browse, world):
    assert help_texts.add(clock.now()) == len(help_texts.IDS)
    one = Answer.get(public_id="10164")
    answer_changes.save(one, Draft("en", "Ours", "Our own words.", None), 1, world.desk, clock.now())
    assert help_texts.add(clock.now()) == 0
    assert "Our own words." in browse(world.manager).get("/answers/10164").text
    assert browse(world.desk).get("/answers/10187").status_code == 200
    assert browse(world.manager).get("/answers/10187").status_code == 404


# --- The preview -------------------------------------------------------------------------------------------------


def test_the_preview_holds_both_partner_answers_in_each_language_and_every_link_of_theirs_leads_somewhere(app):
    written = {public_id: texts for public_id, _, texts in (*answers.articles(), *answers.short_answers())}
    assert set(page_help.ANSWERS.values()) <= set(written)
    for public_id, other in (("10163", "10164"), ("10164", "10163")):
        assert set(written[public_id]) == {"en", "ja", "es"}
        for title, body in written[public_id].values():
            assert title
            assert f"(/answers/{other})" in body
    routes = app.url_map.bind("localhost")
    for texts in written.values():
        for _, body in texts.values():
            for target in re.findall(r"\]\((/[^)?]*)", body):
                assert routes.match(target), target
                assert not target.startswith("/answers/") or target.removeprefix("/answers/") in written
