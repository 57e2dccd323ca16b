"""Take a picture of every page in every language, theme and width, and lay them out on sheets to look at.

python -m tests.browser.contact_sheet FOLDER [LANGUAGE or THEME ...]    (all, unless some are named; look at FOLDER/index.html)
"""

import sys
from html import escape
from pathlib import Path

from tests.browser.conftest import NARROW, WIDE
from tests.browser.pages import PAGES, open_named
from tests.browser.walking import LANGUAGES, THEMES, walk

WIDTHS = {"wide": WIDE, "narrow": NARROW}
STYLE = """body { margin: 1rem; font: 14px sans-serif; background: #999; }
figure { display: inline-block; vertical-align: top; margin: 0 .5rem 1rem; } figcaption { font-weight: bold; }
img { display: block; } .wide img { width: 620px; } .narrow img { width: 300px; }"""


def main(folder, wanted):
    """Write the pictures and the sheets; say how many."""
    languages = [one for one in LANGUAGES if one in wanted] or LANGUAGES
    themes = [one for one in THEMES if one in wanted] or THEMES
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with walk() as walking:
        for language in languages:
            for name in PAGES:
                _take(walking, name, language, themes, folder)
        _lay_out(folder)
    print(f"{len(list(folder.glob('*.*.*.*.png')))} pictures: {folder / 'index.html'}")


def _take(walking, name, language, themes, folder):
    with walking.window(PAGES[name][0], locale=language) as page:
        open_named(page, name)
        for width, viewport in WIDTHS.items():
            page.set_viewport_size(viewport)
            for theme in themes:
                page.emulate_media(color_scheme=theme)
                page.screenshot(path=folder / f"{name}.{language}.{theme}.{width}.png", full_page=True)


def _lay_out(folder):
    links = []
    for language in LANGUAGES:
        for theme in THEMES:
            for width in WIDTHS:
                sheet = f"sheet.{language}.{theme}.{width}.html"
                (folder / sheet).write_text(_sheet(folder, language, theme, width), encoding="utf-8")
                links.append(f'<li><a href="{sheet}">{language}, {theme}, {width}</a></li>')
    (folder / "index.html").write_text(_document("Every page", f"<ul>{''.join(links)}</ul>"), encoding="utf-8")


def _sheet(folder, language, theme, width):
    figures = [
        f'<figure class="{width}"><figcaption>{escape(name)}</figcaption><a href="{file}">'
        f'<img src="{file}" alt="" loading="lazy"></a></figure>'
        for name in PAGES
        if (folder / (file := f"{name}.{language}.{theme}.{width}.png")).exists()
    ]
    return _document(f"Every page: {language}, {theme}, {width}", "".join(figures))


def _document(title, body):
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>{body}</html>'


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
