"""What stands between a value's name and the value: "رمز عبور من: …", "my password is …". For small
letters."""

import re
from typing import Final

OWN: Final = r"(?:[\s\u200c]?(?:ا?م|مون|ش|شون|تون|ت|ی|من|ما|شما|خودم)(?![\w]))?"
_FILLER: Final = (
    r"هم|هست|است|اینه|اینا|برابر|جدید|جدیدم|قبلی|قبلیم|فعلی|فعلیم|من|رو|را|گذاشتم|زدم|کردم|میزنم|"
    r"می‌زنم|با|شد|شده|بود|اینجوریه|اومده|اومد|آمده|آمد|که|برام|برایم|واسم|این|حساب|اکانت|پنل|سایت|"
    r"مشتری|کاربر|اصلی|ام|"
    r"تو|توی|در|ورود|واسه|برای|رسید|ارسال|پیامک|فرستادید|فرستادین|دادید|"
    r"is|was|my|at|on|in|your|sms|the|to|as|for|account|new|old|current|it|i|use|used|set|this|that|code|now|here|"
    r"hast|ine|man|ro|ham|jadid|shod|bood|zadam|mizanam|umad|oomad|"
    r"мій|моя|моє|мене|це|є|такий|така|новий|старий|від|до|акаунта|акаунту|кабінету|пошти|був|була|"
    r"прийшов|сайту|ваш|твій|смс|пошту|"
    r"שלי|שלך|שלכם|היא|הוא|זה|זו|החדשה|החדש|לחשבון|לאתר|שקיבלתי|הישנה|של"
)
LINK: Final = (
    rf"(?:[\s\u200c,،]{{1,2}}(?:{_FILLER})(?!\w)){{0,6}}"
    r"[\s\u200c]{0,2}(?:[:=：-]|->|=>|→|—)?[\s\u200c]{0,3}[\"'«“`‘(\[]?"
)
NO_PLACEHOLDER: Final = r"(?![\[(]?[A-Za-z]{2,}(?:[_-][A-Za-z]+)*[_-]\d+[\])])"
UNIT_OF_SECRET: Final = re.compile(
    r"[\s\u200c-]{0,2}(?:رقم|کاراکتر|حرف|ساعت|دقیقه|روز|بار|مرتبه|ثانیه|تومان|تومن|ریال|درصد|digit|char|letter"
    r"|hour|minute|day|time|sec|ms\b|%|цифр|символ|знак|хвилин|секунд|годин|ספרות|תווים|דקות|שניות)"
)
"""Behind a number that tells how long a secret is, or how many times or minutes it lasts."""
PARTED: Final = re.compile(r"[:=«“\"'`：→]|->|=>")
