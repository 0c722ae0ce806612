"""Lines that stand under very many answers are cut; an answer never to nothing."""

from tickets.importing.boilerplate import Boilerplate

SIGNED = [f"پاسخ {n}\nسطر دوم {n}\n\nتیم پشتیبانی فروشگاه\nwww.shop.example" for n in range(100)]


def test_signature_of_many_answers_is_cut():
    assert Boilerplate.of(SIGNED).cut(SIGNED[7]) == "پاسخ 7\nسطر دوم 7"


def test_greeting_of_many_answers_is_cut():
    texts = [f"سلام دوست عزیز\nپاسخ {n}" for n in range(30)]
    assert Boilerplate.of(texts).cut(texts[3]) == "پاسخ 3"


def test_line_that_is_rare_stays():
    assert Boilerplate.of([*SIGNED[:15]]).lines == frozenset()
    unlike = [f"a {n}\nb {n}" for n in range(1000)]
    assert Boilerplate.of([*SIGNED[:30], *unlike]).lines == frozenset()


def test_answer_of_nothing_else_stays():
    cut = Boilerplate.of(SIGNED)
    for text in ("تیم پشتیبانی فروشگاه", "تیم پشتیبانی فروشگاه\nwww.shop.example"):
        assert cut.cut(text) == text


def test_masked_text_is_cut_at_the_same_lines():
    texts = [f"پاسخ {n}\nتلفن 09121112233" for n in range(50)]
    cut = Boilerplate.of(texts)
    assert cut.cut(texts[0], masked="پاسخ 0\nتلفن [PHONE_1]") == "پاسخ 0"
    assert cut.cut(texts[0], masked="پاسخ 0 تلفن [PHONE_1]") == "پاسخ 0 تلفن [PHONE_1]"
