"""The way through the rooms: imports run one way, and each thing is said in its own room."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PORTAL = ROOT / "portal"
SOURCES = [path for path in sorted(PORTAL.rglob("*.py")) if "migrations" not in path.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*"))


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path):
    return path.relative_to(PORTAL).parts[0].removesuffix(".py")


FORBIDDEN = {
    "clock": {"flask", "portal.models", "portal.permissions", "portal.routes", "portal.forms"},
    "database": {"flask", "portal.models", "portal.permissions", "portal.routes", "portal.forms"},
    "settings": {"flask", "portal.models", "portal.database", "portal.permissions", "portal.routes", "portal.forms"},
    "models": {
        "flask",
        "flask_babel",
        "flask_login",
        "flask_wtf",
        "portal.permissions",
        "portal.forms",
        "portal.routes",
        "portal.mail",
    },
    "permissions": {"flask", "flask_login", "portal.forms", "portal.routes"},
    "forms": {"portal.routes"},
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path):
    forbidden = FORBIDDEN.get(
        room(path), {"portal.routes"} if room(path) not in {"routes", "__init__", "preview"} else set()
    )
    for name in imports_of(path):
        for other in forbidden:
            assert name != other and not name.startswith(f"{other}."), f"{path.name} imports {name}"


@pytest.mark.parametrize("path", sorted((PORTAL / "routes").glob("*.py")), ids=lambda path: path.name)
def test_no_route_queries(path):
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not calls & {"select", "insert", "insert_many", "update_from", "delete_instance", "execute_sql", "get_by_id"}


def test_only_the_clock_knows_what_time_it_is():
    for path in SOURCES:
        if path.name != "clock.py":
            assert not re.search(r"datetime\.(now|utcnow|today)\(|date\.today\(", path.read_text(encoding="utf-8")), (
                path
            )


@pytest.mark.parametrize(
    "path", [path for path in TEMPLATES if path.suffix == ".html" and "mail" not in path.parts], ids=lambda p: p.name
)
def test_templates_hold_no_script_no_style_and_no_other_host(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\son[a-z]+=|\sstyle=|<style|hx-on|javascript:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"""(?:src|href)=["']https?://""", text)


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.suffix == ".html"], ids=lambda p: p.name)
def test_attributes_of_htmx_are_written_as_html_allows_them(path):
    assert re.findall(r"""(?<=[\s"'}])hx-[a-z]+""", path.read_text(encoding="utf-8")) == [], "write data-hx-…"


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.suffix == ".html"], ids=lambda p: p.name)
def test_every_form_that_posts_carries_the_token(path):
    for form in re.findall(r"<form\b.*?</form>", path.read_text(encoding="utf-8"), flags=re.DOTALL):
        if re.search(r"""method=["']post""", form):
            assert "csrf()" in form, form[:120]
