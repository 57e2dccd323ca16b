"""Drop-downs: what is selected, disabled and grouped, and that no label is taken for HTML."""

from portal.options import option_lines, option_list


def test_the_value_is_selected_whatever_its_kind():
    assert option_list([(1, "One"), (2, "Two")], "2") == (
        '<option value="1">One</option><option value="2" selected>Two</option>'
    )
    assert option_list([("a", "A"), ("b", "B"), ("c", "C")], ["a", "c"]).count(" selected") == 2
    assert " selected" not in option_list([("None", "None")], "")
    assert option_list([("1", "One"), ("2", "Two")], 2) == option_list([(1, "One"), (2, "Two")], [2])
    assert option_list([("2", "Two")], 2) == '<option value="2" selected>Two</option>'


def test_options_are_disabled_and_grouped():
    options = [("", "Nobody"), {"label": "Kitahama & Co", "options": [("x", "Lin", True), ("y", "Abe", False)]}]
    assert option_list(options, "y") == (
        '<option value="">Nobody</option><optgroup label="Kitahama &amp; Co">'
        '<option value="x" disabled>Lin</option><option value="y" selected>Abe</option></optgroup>'
    )


def test_of_many_lines_the_chosen_one_is_selected():
    assert option_lines([("kitahama", "Kitahama"), ("nordlys", "Nordlys")], "nordlys") == (
        '<option value="kitahama">Kitahama</option><option value="nordlys" selected>Nordlys</option>'
    )


def test_nothing_in_an_option_is_taken_for_html():
    for written in (option_list([('"><script>', "<script>")]), option_lines([('"><script>', "<script>")])):
        assert written == '<option value="&#34;&gt;&lt;script&gt;">&lt;script&gt;</option>'
