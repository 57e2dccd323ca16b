"""Dates, time left and words, in three languages and several zones."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string

from portal import dates, languages, presentation, words

ROOT = Path(__file__).resolve().parent.parent
NOON = datetime(2026, 11, 23, 12, 0)


@pytest.fixture(scope="module")
def app():
    app = Flask("portal", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config["SECRET_KEY"] = "for tests only"
    languages.init_app(app, current_contact=lambda: None)
    presentation.init_app(app)
    return app


@pytest.fixture
def speaking(app):
    """Return a function that opens a block in a language and a zone."""

    def speak(locale="en", timezone="Asia/Tokyo"):
        return languages.speaking_to(SimpleNamespace(locale=locale, timezone=timezone))

    with app.app_context():
        yield speak


def midnight(day, zone):
    return datetime.combine(day, datetime.min.time(), dates.ZoneInfo(zone)).astimezone(dates.UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("locale", "day", "short", "exact"),
    [
        ("en", "5 December 2026", "20 Nov", "5 December 2026, 09:41:07 JST"),
        ("ja", "2026年12月5日", "11月20日", "2026年12月5日 9:41:07（日本時間）"),
        ("es", "5 de diciembre de 2026", "20 nov", "5 de diciembre de 2026, 9:41:07 (hora de Japón)"),
    ],
)
def test_each_language_writes_dates_in_its_own_order(speaking, locale, day, short, exact):
    instant = datetime(2026, 12, 5, 0, 41, 7)
    with speaking(locale):
        assert dates.day(instant) == day
        assert dates.short_day(datetime(2026, 11, 20), at=NOON) == short
        assert dates.exact(instant) == exact


def test_a_short_day_keeps_its_year_once_it_is_twelve_months_old(speaking):
    with speaking():
        assert dates.short_day(date(2025, 11, 24), at=NOON) == "24 Nov"
        assert dates.short_day(date(2025, 11, 23), at=NOON) == "23 November 2025"
        assert dates.short_day(date(2026, 12, 5), at=NOON) == "5 December 2026"


def test_a_day_is_the_readers_day(speaking):
    late = datetime(2026, 11, 22, 23, 30)
    with speaking(timezone="Asia/Tokyo"):
        assert dates.day(late) == "23 November 2026"
        assert dates.day(late, "America/New_York") == "22 November 2026"


def test_a_zone_is_named_only_where_it_is_not_the_readers(speaking):
    with speaking(timezone="Asia/Tokyo"):
        assert dates.day_and_time(NOON) == "23 November 2026, 21:00"
        assert dates.day_and_time(NOON, "Asia/Tokyo") == "23 November 2026, 21:00"
        assert dates.day_and_time(NOON, "Europe/Oslo") == "23 November 2026, 13:00 CET"
        assert dates.day_and_time(NOON, "America/Argentina/Buenos_Aires") == "23 November 2026, 09:00 UTC−3"
        assert dates.day_and_time(NOON, "UTC") == "23 November 2026, 12:00 UTC"


def test_until_names_the_last_whole_day_and_exactly_the_second(speaking):
    ends = midnight(date(2026, 12, 5), "Asia/Tokyo")
    with speaking():
        assert dates.last_day(ends) == "4 December 2026"
        assert dates.exact(ends) == "5 December 2026, 00:00:00 JST"
        assert dates.last_day(ends - timedelta(seconds=1)) == "4 December 2026"
        assert dates.last_day(ends + timedelta(seconds=1)) == "5 December 2026"


@pytest.mark.parametrize("days", [1, 7, 30, 180, 730])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "Asia/Tokyo"])
def test_n_days_are_spoken_as_n_days_just_after_the_decision_whatever_the_clocks_do(speaking, zone, days):
    for decided in (datetime(2026, 3, 28, 22, 30), datetime(2026, 10, 24, 21, 59), NOON):
        ends = midnight(dates.local_day(decided, zone) + timedelta(days=days + 1), zone)
        with speaking(timezone="UTC"):
            assert dates.days_left(ends, decided, zone) == days
            spoken = "ends tomorrow" if days == 1 else f"ends in {days} days"
            assert dates.spoken_until(ends, decided, zone) == spoken


def test_the_last_second_still_ends_today_and_the_next_one_is_over(speaking):
    ends = midnight(date(2026, 10, 26), "Europe/Berlin")
    with speaking(timezone="Europe/Berlin"):
        assert dates.spoken_until(ends, ends - timedelta(hours=24)) == "ends today"  # the 25 October has 25 hours
        assert dates.spoken_until(ends, ends - timedelta(hours=25, seconds=1)) == "ends tomorrow"
        assert dates.spoken_until(ends, ends - timedelta(seconds=1)) == "ends today"
        assert dates.spoken_until(ends, ends) == "ended yesterday"
        assert dates.nearness(ends, ends - timedelta(seconds=1)) == "now"
        assert dates.nearness(ends, ends) == "over"


@pytest.mark.parametrize(
    ("locale", "ahead", "today", "past"),
    [
        ("en", "ends in 12 days", "ends today", "ended 3 days ago"),
        ("ja", "あと12日", "本日まで", "3日前に終了しました"),
        ("es", "termina en 12 días", "termina hoy", "terminó hace 3 días"),
    ],
)
def test_time_left_is_spoken_in_each_language(speaking, locale, ahead, today, past):
    with speaking(locale, "UTC"):
        assert dates.spoken_until(datetime(2026, 12, 6), NOON) == ahead
        assert dates.spoken_until(datetime(2026, 11, 24), NOON) == today
        assert dates.spoken_until(datetime(2026, 11, 20, 9), NOON) == past


def test_days_are_counted_in_the_given_zone_not_the_readers(speaking):
    ends = midnight(date(2026, 11, 24), "Asia/Tokyo")
    at = datetime(2026, 11, 22, 15, 30)  # already the 23rd in Tokyo
    with speaking(timezone="America/New_York"):
        assert dates.spoken_until(ends, at, "Asia/Tokyo") == "ends today"
        assert dates.spoken_until(ends, at) == "ends tomorrow"


@pytest.mark.parametrize(("days", "near"), [(31, ""), (30, "soon"), (8, "soon"), (7, "now"), (0, "now")])
def test_the_mark_of_an_end_warns_at_thirty_and_at_seven_days(speaking, days, near):
    with speaking(timezone="UTC"):
        ends = midnight(NOON.date() + timedelta(days=days + 1), "UTC")
        assert dates.nearness(ends, NOON) == near


def test_an_unanswered_request_lapses_and_a_grant_to_come_starts(speaking):
    with speaking(timezone="UTC"):
        assert dates.spoken_lapse(NOON + timedelta(days=26), NOON) == "lapses in 26 days"
        assert dates.spoken_lapse(NOON + timedelta(hours=1), NOON) == "lapses today"
        assert dates.spoken_lapse(NOON - timedelta(hours=1), NOON) == "lapsed today"
        assert dates.spoken_lapse(NOON - timedelta(days=2), NOON) == "lapsed 2 days ago"
        assert dates.spoken_start(NOON + timedelta(days=1), NOON) == "starts in 1 day"
        assert dates.spoken_start(NOON - timedelta(days=3), NOON) == "started on 20 Nov"


def test_a_list_and_a_thread_tell_when_by_the_readers_calendar(speaking):
    with speaking(timezone="Asia/Tokyo"):
        assert dates.since(datetime(2026, 11, 22, 23, 12), at=NOON) == "08:12"
        assert dates.since(datetime(2026, 11, 22, 7, 40), at=NOON) == "yesterday"
        assert dates.since(datetime(2026, 11, 20, 2, 5), at=NOON) == "20 Nov"
        assert dates.moment(datetime(2026, 11, 22, 7, 40), at=NOON) == "yesterday, 16:40"
        assert dates.moment(datetime(2026, 11, 18, 0, 14), at=NOON) == "Wed 18 Nov, 09:14"
        assert dates.moment(datetime(2024, 2, 29, 0, 14), at=NOON) == "29 February 2024, 09:14"


def test_the_time_left_of_a_grant_stays_between_none_and_all():
    starts = datetime(2026, 1, 1)
    ends = starts + timedelta(days=100)
    assert dates.percent_left(starts, ends, starts - timedelta(days=1)) == 100
    assert dates.percent_left(starts, ends, starts + timedelta(days=93)) == 7
    assert dates.percent_left(starts, ends, ends + timedelta(days=1)) == 0
    assert dates.percent_left(starts, starts, starts) == 0


@pytest.mark.parametrize(("locale", "figure", "size"), [("en", "1,204", "1.8 MB"), ("es", "1.204", "1,8 MB")])
def test_figures_follow_the_language(speaking, locale, figure, size):
    with speaking(locale):
        assert words.number(1204) == figure
        assert words.file_size(1_800_000) == size
        assert words.file_size(212_400) == "212 KB"
        assert words.file_size(999_600) == "1 MB"


def test_a_level_has_one_name_whether_given_by_code_or_by_rank(speaking):
    with speaking("ja"):
        assert [words.level_word(code) for code in words.LEVELS] == [words.level_word(rank) for rank in range(1, 7)]
        assert words.level_word("service_admin") == "サービス管理"
        assert words.level_word(None) == words.level_word(0) == "なし"
    with speaking("es"):
        assert words.level_word(3) == "Actualización"
        assert words.level_pair("create") == words.level_pair("update") != words.level_pair("look")


def test_a_japanese_sentence_is_polite_to_every_name(speaking):
    with speaking("ja"):
        assert words.in_sentence("森 由紀") == "森 由紀さん"
        assert words.in_sentence("Ana Torres") == "Ana Torres\N{NO-BREAK SPACE}さん"
    with speaking("es"):
        assert words.in_sentence("森 由紀") == "森 由紀"


def test_an_unknown_level_is_an_error_and_not_a_word(speaking):
    with speaking(), pytest.raises(KeyError):
        words.level_word("owner")


def drawn(app, template, **values):
    with app.test_request_context("/"):
        return render_template_string(template, **values)


def test_a_mark_of_an_end_carries_the_words_the_second_and_the_machine_time(app):
    html = drawn(
        app,
        '{% import "partials/_marks.html" as marks %}{{ marks.ends(ends, "Asia/Tokyo", at, sentence=True) }}',
        ends=midnight(date(2026, 12, 5), "Asia/Tokyo"),
        at=NOON,
    )
    assert 'class="until until-soon"' in html
    assert 'datetime="2026-12-05T00:00:00+09:00"' in html
    assert ">Ends in 11 days<" in html
    assert '<span class="vh"> (5 December 2026, 00:00:00 JST)</span>' in html


def test_a_key_has_one_tooth_a_rank(app):
    template = '{% import "partials/_marks.html" as marks %}{{ marks.level(level) }}'
    for rank in range(1, 7):
        tooth = re.search(r'class="tooth" d="([^"]*)"', drawn(app, template, level=rank)).group(1)
        assert tooth.count("M") == rank


def test_a_field_in_error_is_described_by_its_hint_and_its_error(app):
    html = drawn(
        app,
        '{% import "partials/_fields.html" as fields %}'
        '{{ fields.input("days", "Days", value, hint="Up to 730", error=["Give a number", "never shown"]) }}',
        value='"><script>',
    )
    assert 'aria-describedby="h-days e-days" aria-invalid="true"' in html
    assert "Give a number" in html
    assert "never shown" not in html
    assert 'value="&#34;&gt;&lt;script&gt;"' in html


def test_a_password_is_never_written_back_into_a_page(app):
    template = '{% import "partials/_fields.html" as fields %}{{ fields.input("p", "P", "secret", type="password") }}'
    assert "secret" not in drawn(app, template)


def test_a_textarea_keeps_a_first_empty_line(app):
    template = '{% import "partials/_fields.html" as fields %}{{ fields.textarea("body", "Body", value) }}'
    assert ">\n\nsecond</textarea>" in drawn(app, template, value="\nsecond")


def test_a_select_marks_what_was_chosen_also_within_groups_and_for_numbers(app):
    html = drawn(
        app,
        '{% import "partials/_fields.html" as fields %}{{ fields.bare_select("level", options, value) }}',
        options=[("", "All"), {"label": "Writes", "options": [(3, "Update"), (4, "Create", True)]}],
        value="3",
    )
    assert '<option value="3" selected>Update</option>' in html
    assert '<option value="4" disabled>Create</option>' in html
    assert html.count("selected") == 1


def test_every_icon_that_a_template_names_exists():
    icons = (ROOT / "templates/partials/_icons.html").read_text()
    drawn_names = set(re.findall(r'^  "([\w-]+)":', icons, re.MULTILINE))
    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'\bicon\("([\w-]+)"\)', path.read_text())
    }
    assert named, "no template draws an icon"
    assert named <= drawn_names


def test_a_static_file_changes_its_address_with_its_content(app):
    with app.test_request_context("/"):
        address = presentation.static_url("portal.css")
    assert re.fullmatch(r"/static/portal\.[0-9a-f]{12}\.css", address)


def test_an_error_page_hands_back_what_was_typed(app):
    with app.test_request_context("/"):
        html = app.jinja_env.get_template("pages/error.html").render(status=409, kept=[("Message", "Hello <b>")])
    assert "Hello &lt;b&gt;</textarea>" in html
    assert "readonly" in html
    assert "Somebody was faster" in html
