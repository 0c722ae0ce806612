"""The processes of a test run share out whole files, and the running desk's as one."""

from tests.order import DESK, Together, group_of


def test_tests_of_a_file_stay_together_and_so_do_those_of_the_desk():
    one = Together._split_scope(None, "tests/text/test_persian.py::test_one[a::b@c]")
    assert one == Together._split_scope(None, "tests/text/test_persian.py::test_two")
    assert one != Together._split_scope(None, "tests/text/test_sentences.py::test_one")
    assert group_of("tests/system/test_running_desk.py") == group_of("tests/browser/test_people.py")


def test_whoever_asks_for_the_desk_says_so_in_its_file(request):
    asking = {
        item.nodeid.split("::", 1)[0]
        for item in request.session.items
        if DESK in getattr(item, "fixturenames", ())
    }
    assert {group_of(file) for file in asking} <= {DESK}


def test_the_scheduler_is_asked_for(pytestconfig):
    (plugin,) = (
        one.plugin
        for one in pytestconfig.hook.pytest_xdist_make_scheduler.get_hookimpls()
        if getattr(one.plugin, "__name__", "") == "tests.conftest"
    )
    assert plugin.Together is Together
