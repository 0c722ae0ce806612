"""What may stand in one line."""

import pytest

from text.lines import is_one_line


@pytest.mark.parametrize("name", ["CRM", "گزارش‌ها", "نیم\u200dفاصله", "", "a b"])
def test_names_in_any_script_are_one_line(name):
    assert is_one_line(name)


@pytest.mark.parametrize("name", ["a\nb", "a\x00", "a\u202eb", "a\u2028b", "\t"])
def test_breaks_and_controls_are_not(name):
    assert not is_one_line(name)
