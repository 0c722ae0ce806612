"""Ukrainian names by their form: a listed first name beside a last name, a patronymic, initials.

Public entries: `named(form)`: spans; `is_first_name(word)`, `like_name(name)`. First names stand in
all their cases ("Олені Коваленко"); behind one, the next capitalised word is the last name. What is
a word too ("Віра", "Роман") needs a last name that looks like one. A first name alone is left to
the words around (`context`).
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from text.privacy.names.words import listed

_CAPITAL = r"[А-ЯІЇЄҐ]"
_SMALL = r"[а-яіїєґ]"
_WORD = rf"{_CAPITAL}{_SMALL}+(?:['’ʼ]{_SMALL}+)?(?:-{_CAPITAL}{_SMALL}+)?"
_RUN: Final = re.compile(rf"(?<![\w-]){_WORD}(?:[ ]{_WORD}){{1,4}}(?![\w-])")
_PART: Final = re.compile(_WORD)
_INITIALS: Final = re.compile(
    rf"(?<![\w.])(?:{_CAPITAL}\.[ ]?(?:{_CAPITAL}\.[ ]?)?(?P<after>{_WORD})"
    rf"|(?P<before>{_WORD})[ ]{_CAPITAL}\.[ ]?{_CAPITAL}\.)(?!\w)"
)
_LAST: Final = re.compile(
    rf"{_CAPITAL}{_SMALL}*(?:['’ʼ]{_SMALL}+)?(?:"
    r"енк(?:о|а|у|ом|ові)|[чщ]ук(?:а|у|ом|ові|ів)?|юк(?:а|у|ом|ові)?|[сцз]ьк(?:ий|ого|ому|им|а|ої|ій|у|ою)"
    r"|[ое]вич(?:а|у|ем|еві)?|ишин(?:а|у|ом)?|ець|[ая]к|к[оі]в|ко|[ії]в|ський|[ое]в(?:а|у|ої|ою)?|[иі]н(?:а|у|ої|ою)"
    r")"
)
_STREET: Final = re.compile(
    r"(?:вул(?:\.|иц[яіюею]+)|просп(?:\.|ект\w*)|пров(?:\.|улок|улку)|бульв(?:\.|ар\w*)|площ[аіу]|пл\.|ім(?:\.|ені)"
    r"|парку?|станці[яії])[ ]?\Z"
)
_PATRONYMIC: Final = re.compile(rf"{_CAPITAL}{_SMALL}+(?:[ое]вич|[ії]вн|лліч){_SMALL}{{0,3}}")
_MEN: Final = listed(
    """
    Андрій Антон Аркадій Арсен Арсеній Артем Артур Богдан Борис Вадим Валентин Валерій Василь
    Віктор Віталій Владислав Влад Володимир Вячеслав В'ячеслав Вʼячеслав В’ячеслав Всеволод Гліб
    Геннадій Георгій Герман Гнат Григорій Данило Давид Демид Денис Дмитро Едуард Євген Євгеній
    Єгор Захар Зеновій Іван Ігор Ілля Йосип Кирило Костянтин Кузьма Лев Леонід Лука Любомир Макар
    Максим Марко Мар'ян Матвій Микита Микола Мирон Мирослав Михайло Мстислав Назар Назарій Нестор
    Никифор Олег Олекса Олександр Олексій Олесь Орест Остап Павло Петро Пилип Платон Роман Ростислав
    Руслан Савелій Самійло Святослав Семен Сергій Станіслав Степан Тарас Теодор Тимофій Тимур
    Трохим Устим Федір Федор Філіп Хома Юліан Юрій Юхим Яків Ян Ярема Яромир Ярослав Саша Женя
    Сашко Дмитрик Юрко Грицько Сергей Андрей Николай Алексей Александр Дмитрий Евгений Игорь
    Михаил Павел Владимир Виталий Юрий Артём Кирилл Никита Иван Эдуард Рустам Ібрагім Руслана
    """
)
_WOMEN: Final = listed(
    """
    Аліна Алла Альбіна Анастасія Ангеліна Анжела Анна Аня Антоніна Валентина Валерія Варвара
    Василина Вероніка Вікторія Віолетта Віра Віталія Галина Ганна Дарина Дар'я Дарья Дар’я Дарʼя
    Діана Домініка Євгенія Єва Єлизавета Емілія Жанна Зінаїда Злата Зоя Зоряна Іванна Інеса Інна
    Ірина Іра Камілла Карина Катерина Катя Кіра Клавдія Ксенія Лариса Леся Лілія Ліна Любов Людмила
    Люда Маргарита Марина Марія Марічка Марта Мар'яна Марʼяна Мар’яна Меланія Мирослава Мілана
    Надія Наталія Наталя Наталка Ніна Оксана Олександра Олена Олеся Ольга Оля Орина Орися Поліна
    Раїса Роксолана Руслана Світлана Сніжана Соломія Софія Стефанія Таїсія Тамара Тетяна Таня
    Уляна Христина Юлія Юля Яна Ярина Ярослава Елена Наталья Екатерина Анастасия Юлия Светлана
    Татьяна Ирина Виктория Людмила Дарья Мария Лілія Настя Даша Оленка Соня Эльвіра Ельвіра
    """
)
_WORDS_TOO: Final = listed(
    """
    Віра Віри Вірі Віру Вірою Надія Надії Надію Любов Любові Роман Романи Романа Роману Лев Марта
    Ян Яна Яну Лука Влада Владу Злата
    """
)
_NEVER: Final = listed(
    """
    Дякую Доброго Добрий Добридень Вітаю Привіт Шановна Шановний Шановні Чекаю Буду Прошу Пінг
    Замовлення Посилка Клієнт Менеджер Телефон Пошта Нова Новою Новій Укрпошта Укрпошти Приват
    Приватбанк Україна України Київ Києва Києві Львів Львова Одеса Одеси Харків Харкова Дніпро
    Це Цей Ця Я Ми Ви Він Вона Вони Мій Моя Моє Мені Мене Ваш Ваша Чи Що Як Коли Де Чому Адреса
    Номер Індекс Картка Карта Рахунок Оплата Доставка Надішліть Поверніть Передзвоніть Допоможіть
    Будь Ласка Дуже Терміново Дата Сума Призначення Отримувач Код Пароль Логін Після Потім Але
    Не Ні Так Та Також Ще Вже Тут Там На За До Від З Із Зі По При Про Для Без У В І Й А Або
    Порт Файл Сайт Сервер Помилка Додаток Застосунок Товар Магазин Компанія Служба Підтримка
    Координати Накладна Останні Купили Нарахували Обіцяли Пишіть Пишу Дзвонив Дивіться Контроль
    Інакше Запит Покупка Версія Коміт Знижка Гарного Наперед Всього Спасибі Бажаю Повторно
    """
)


def named(form: str) -> Iterator[tuple[int, int]]:
    for run in _RUN.finditer(form):
        words = list(_PART.finditer(form, run.start(), run.end()))
        place = 0
        while place < len(words):
            found = _at(words, place)
            if found is None:
                place += 1
                continue
            first, last = found
            if not _STREET.search(form, max(0, words[first].start() - 12), words[first].start()):
                yield words[first].start(), words[last].end()
            place = last + 1
    if "." in form:
        for match in _INITIALS.finditer(form):
            name = match["after"] or match["before"]
            if _LAST.fullmatch(name) and len(name) > 5 and name not in _NEVER:
                yield match.span()


def is_first_name(word: str) -> bool:
    """One that is no word of every day, in any case, capital or not."""
    name = word[:1].upper() + word[1:]
    return name in _forms() and name not in _WORDS_TOO


def like_name(name: str) -> bool:
    """Has it a first name or what looks like a last name?"""
    return any(word in _forms() or _is_last(word) for word in name.split())


def _at(words: list[re.Match[str]], place: int) -> tuple[int, int] | None:
    """First and last word of the name whose first name stands here."""
    word = words[place].group()
    if word not in _forms():
        return None
    before = place > 0 and _is_last(words[place - 1].group())
    last = place
    if _nth(words, last + 1, _PATRONYMIC):
        last += 1
    after = words[last + 1].group() if last + 1 < len(words) else ""
    unsure = word in _WORDS_TOO
    if before and not (last == place and after and _LAST.fullmatch(after)):
        return place - 1, last
    if after and after not in _NEVER and (_LAST.fullmatch(after) or not unsure):
        last += 1
        if last == place + 1 and _nth(words, last + 1, _PATRONYMIC):
            last += 1
    return (place, last) if last > place else None


def _nth(words: list[re.Match[str]], place: int, shape: re.Pattern[str]) -> bool:
    return place < len(words) and shape.fullmatch(words[place].group()) is not None


def _is_last(word: str) -> bool:
    return word not in _NEVER and word not in _forms() and _LAST.fullmatch(word) is not None


@cache
def _forms() -> frozenset[str]:
    """Every first name in every case; a few forms too many do no harm beside a last name."""
    forms = {"Ользі", "Якова", "Якову", "Петра", "Павла", "Федора", "Федору"}
    for name in _MEN | _WOMEN:
        if name[-1] in "аяоь":
            stem, endings = name[:-1], _OF_VOWELS | (_OF_MEN if name in _MEN else frozenset())
        elif name[-1] == "й":
            stem, endings = name[:-1], _OF_Y
        else:
            stem, endings = name, _OF_CONSONANTS
        forms |= {name, *(stem + ending for ending in endings)}
    return frozenset(forms)


_OF_VOWELS: Final = listed("а я и і ї у ю ою ею єю о е є ь")
_OF_MEN: Final = listed("ові еві ом ем")
_OF_Y: Final = listed("й я ю єві єм ї")
_OF_CONSONANTS: Final = listed("а у ові ом е я ю еві ем")
