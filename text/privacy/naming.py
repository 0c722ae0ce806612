"""What stands between a value's name and the value: "رمز عبور من: …", "my password is …"."""

from typing import Final

OWN: Final = r"(?:[\s\u200c]?(?:ا?م|مون|ش|شون|تون|من|ما|شما|خودم)(?![\w]))?"
LINK: Final = (
    r"(?:[\s\u200c]{1,2}(?:هم|هست|است|اینه|برابر|جدید|قبلی|فعلی|من|is|hast|ine|man|new|old))*"
    r"[\s\u200c]{0,2}[:=]?[\s\u200c]{0,3}[\"'«“`]?"
)
NO_PLACEHOLDER: Final = r"(?![\[(]?[A-Z]{2,}(?:[_-][A-Z]+)*[_-]\d+[\])])"
