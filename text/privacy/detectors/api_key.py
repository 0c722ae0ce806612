"""Keys of services: known by how they begin, or beside a word for key or token."""

import re
from collections.abc import Iterator

from text.privacy.naming import LINK, NO_PLACEHOLDER, OWN
from text.privacy.reading import Anchored, Reading
from text.privacy.spans import API_KEY, Candidate

_B, _E = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9_-])"
_KNOWN = {
    stem: re.compile(rf"{_B}(?:{expression}){_E}")
    for stem, expression in (
        ("sk-", r"sk-[A-Za-z0-9_-]{20,200}"),
        ("sk_", r"sk_[A-Za-z0-9_]{16,120}"),
        ("pk_", r"pk_(?:live|test)_[A-Za-z0-9]{16,120}"),
        ("rk_", r"rk_(?:live|test)_[A-Za-z0-9]{16,120}"),
        ("whsec_", r"whsec_[A-Za-z0-9+/=]{16,120}"),
        *((f"gh{kind}_", rf"gh{kind}_[A-Za-z0-9]{{30,255}}") for kind in "pousr"),
        ("github_pat_", r"github_pat_[A-Za-z0-9_]{30,255}"),
        ("glpat-", r"glpat-[A-Za-z0-9_-]{16,64}"),
        ("AKIA", r"AKIA[A-Z0-9]{16}"),
        ("ASIA", r"ASIA[A-Z0-9]{16}"),
        ("AIza", r"AIza[A-Za-z0-9_-]{30,40}"),
        ("ya29.", r"ya29\.[A-Za-z0-9_-]{20,400}"),
        ("xox", r"xox[abeoprs]-[A-Za-z0-9-]{10,120}"),
        ("xapp-", r"xapp-[A-Za-z0-9-]{10,160}"),
        ("SG.", r"SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,80}"),
        ("hf_", r"hf_[A-Za-z0-9]{24,60}"),
        ("npm_", r"npm_[A-Za-z0-9]{24,60}"),
        ("pypi-", r"pypi-[A-Za-z0-9_-]{30,300}"),
        ("gsk_", r"gsk_[A-Za-z0-9]{30,80}"),
        ("hvs.", r"hvs\.[A-Za-z0-9_-]{20,200}"),
        ("dop_v1_", r"dop_v1_[a-f0-9]{40,80}"),
        ("shpat_", r"shpat_[a-fA-F0-9]{24,64}"),
        ("dckr_pat_", r"dckr_pat_[A-Za-z0-9_-]{20,64}"),
        ("key-", r"key-[a-f0-9]{32}"),
        ("eyJ", r"eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{8,1000}"),
    )
}
_PRIVATE = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"
    r"[A-Za-z0-9+/=\s:,-]{16,8000}?-----END [A-Z ]{0,20}PRIVATE KEY-----"
)
_BOT = re.compile(r"(?<![A-Za-z0-9])\d{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")
_VALUE = (
    rf"{NO_PLACEHOLDER}(?P<value>(?=[a-z_+/=.-]{{0,80}}\d)(?=[\d_+/=.-]{{0,80}}[a-z])"
    r"[a-z0-9_+/=.-]{15,400}[a-z0-9_+/=])"
)
_KEY = r"(?:[\s\u200c_-]{0,2}(?:key|token|secret|id))"
_NAMED = Anchored(
    {
        stem: re.compile(rf"(?:{name})[\"']?{OWN}{LINK}{_VALUE}")
        for stem, name in (
            ("api", rf"api{_KEY}(?:{_KEY})?"),
            ("access", rf"access{_KEY}(?:{_KEY})?"),
            ("auth", r"auth[\s_-]?(?:key|token)"),
            ("secret", rf"secret(?:{_KEY})?"),
            ("client", r"client[\s_-]?secret"),
            ("private", r"private[\s_-]?key"),
            ("bearer", r"bearer"),
            ("token", r"token"),
            ("webhook", r"webhook[\s_-]?(?:key|secret|token)"),
            ("license", r"license[\s_-]?key"),
            ("x-api", r"x-api-key"),
            (
                "کلید",
                r"کلید(?:[\s\u200c]{0,2}(?:ی|api|ای[\s\u200c]?پی[\s\u200c]?آی|وب[\s\u200c]?سرویس"
                r"|دسترسی|محرمانه|خصوصی|امنیتی|مخفی|سرویس|درگاه|پیامکی|پنل|من|ما|جدید|رو|را|عوض|کنید)){1,6}",
            ),
            ("سکرت", r"سکرت(?:[\s\u200c]{0,2}(?:کی|key))?"),
            (
                "مرچنت",
                r"مرچنت(?:[\s\u200c]{0,2}(?:کد|آیدی|ایدی|id)){0,2}(?:[\s\u200c]{1,2}زرین[\s\u200c]?پال)?",
            ),
            ("merchant", r"merchant[\s_-]?(?:id|code|key)"),
            ("ای پی آی", r"ای پی آی(?:[\s\u200c]{0,2}کی)?"),
            ("توکن", r"توکن(?:[\s\u200c](?:ربات|api|دسترسی|جدید|سرویس)){0,2}"),
            ("kelid", r"kelide? api"),
            ("ключ", r"ключ(?:[\s-]?(?:api|доступу|апі|до апі|від api)){0,2}"),
            ("api-ключ", r"api-ключ\w{0,2}"),
            ("токен", r"токен(?:\w{0,2})(?: (?:доступу|бота|api)){0,2}"),
            ("מפתח", r"מפתח(?:[\s-](?:ה?-?api|גישה|סודי)){0,2}"),
            ("טוקן", r"טוקן"),
            ("אסימון", r"אסימון(?: גישה)?"),
            ("קוד", r"קוד (?:ה?-?api|ה?גישה [לב]-?ה?-?api|ה?גישה לממשק|סודי)"),
        )
    },
    needs="has_long",
)
_NAMES = Anchored(
    {
        stem: re.compile(stem)
        for stem in (
            "api key",
            "api_key",
            "apikey",
            "api-key",
            "api token",
            "access key",
            "access token",
            "secret key",
            "secret",
            "token",
            "bearer",
            "license key",
            "private key",
            "کلید",
            "توکن",
            "سکرت",
            "مرچنت",
            "api-ключ",
            "ключ",
            "токен",
            "מפתח",
            "טוקן",
            "אסימון",
        )
    },
    needs="has_long",
)
_ANY_KEY = Anchored(
    {
        stem: re.compile(rf"{stem}\w{{0,3}}{LINK}{_VALUE}")
        for stem in ("key", "کلید", "ключ", "מפתח")
    },
    needs="has_long",
)
_OF_SERVICE = re.compile(
    r"api|token|secret|access|merchant|gateway|webhook|sdk|integration|endpoint|توکن|درگاه|سرویس|апі|токен|доступ|шлюз|טוקן|גישה"
)
_FAR = re.compile(rf"(?P<gap>[^\n\r.!?؟]{{1,48}}?)(?<![\w/=.+-]){_VALUE}")
_OF_ELSE = re.compile(
    r"commit|sha|شناسه|درخواست|gpg|امضا|/|0x|شناسه|درخواست|gpg|id\\b|hash|checksum|md5|uuid|request|trace|order|signature|build|version|expire|http|@|هش|کامیت|سفارش|نسخه|коміт"
    r"|сума|замовл|запит|верс|חתימה|בקשה|גרסה|הזמנה|tracking|session|file|فایل|رهگیری"
)
_DIGITS_MIXED = re.compile(
    r"[a-z]+[-_.][a-z.-]+\d{0,3}|\d+(?:\.\d+)+.*|.*\.(?:com|ir|org|net|php|js|py|html?)\b.*"
)


def candidates(reading: Reading) -> Iterator[Candidate]:
    form, small = reading.form, reading.small
    if not reading.has_long:
        return
    for stem, expression in _KNOWN.items():
        if stem in form:
            for found in expression.finditer(form):
                yield Candidate(found.start(), found.end(), API_KEY, 104, ("shape",))
    if "-----BEGIN" in form:
        for found in _PRIVATE.finditer(form):
            yield Candidate(found.start(), found.end(), API_KEY, 104, ("shape",))
    if ":" in form:
        for found in _BOT.finditer(form) if ":AA" in form or "bot" in small else ():
            yield Candidate(found.start(), found.end(), API_KEY, 104, ("shape",))
    named = [*reading.matches(_NAMED), *_further(reading)]
    for found in named:
        start, end = found.span("value")
        if small.startswith(("/", "0x"), start) or (
            "/" in small[start:end] and "." in small[start:end]
        ):
            continue
        if not _DIGITS_MIXED.fullmatch(small, start, end):
            yield Candidate(start, end, API_KEY, 98, ("keyword",))


def _further(reading: Reading) -> Iterator[re.Match[str]]:
    """A key in words that say less, and one with words between it and its name."""
    small = reading.small
    for found in reading.matches(_ANY_KEY):
        if _OF_SERVICE.search(small, max(0, found.start() - 40), found.start("value")) or (
            _OF_SERVICE.search(small, found.end(), found.end() + 24)
        ):
            yield found
    for name in reading.matches(_NAMES):
        far = _FAR.match(small, name.end())
        if far is not None and not _OF_ELSE.search(far["gap"]):
            yield far
