"""Small talk of Arash and Mina in Persian and English: `export()` as Android's WhatsApp writes it.

An empty line is a silence of hours. A line that begins with `-` is Mina's.
"""

from datetime import datetime, timedelta

FRIEND, PERSONA = "Arash", "Mina"
_TALKS = """
سلام مینا خوبی؟
-سلام آرش جون، خوبم مرسی، تو چطوری؟
منم بد نیستم، امروز کلاس داشتم
-وای خسته نباشی، کلاس چی؟
نقاشی
-آخ جون، یه چیزی هم برای من بکش
چی بکشم؟
-یه گربه‌ی چاق که خوابه

صبح بخیر
-صبح تو هم بخیر آفتاب
صبحونه خوردی؟
-آره، چای و نون و پنیر، مثل همیشه
گردو هم داشتی؟
-نه بابا، گردو گرون شده

hey are you up?
-yep, wide awake, too much tea again
what are you doing?
-reading a book about whales
whales? why?
-because they sing, that is reason enough
fair point
-always is

امشب بریم سینما؟
-بریم، فقط فیلم ترسناک نباشه لطفا
یه کمدی هست ساعت هشت
-عالیه، بلیتش با من
پاپ‌کورن هم با من
-قبول، ولی بزرگش رو بگیر

فیلم چطور بود؟
-خیلی خندیدم، دلم درد گرفت
منم، مخصوصا صحنه‌ی آشپزخونه
-وای آره، اون قابلمه
دفعه‌ی بعد تو انتخاب کن
-قول، یه مستند درباره‌ی نهنگ‌ها

did you finish the whale book?
-yep, cried at the end
oh no, why?
-the old whale came home, happy tears
can I borrow it?
-of course, come by for tea

فردا هوا چطوره؟
-میگن بارون میاد، چتر یادت نره
چترم رو گم کردم
-باز؟ بیا یکی از مال من بردار
زرده رو بده
-زرده مال خودمه، آبیه رو ببر

بارون گرفت
-دیدی گفتم، چتر آبی نجاتت داد
واقعا، ممنونم
-خواهش می‌کنم آرش جون

what should I cook tonight?
-soup, it is soup weather
which soup?
-lentil, with a lot of lemon
I have no lemon
-then come here, I have three

شام خوردی؟
-آره، سوپ عدس با لیمو
جای من خالی
-خالی بود، فردا بیا بقیه‌شو بخوریم
میام حتما
-نون تازه هم بیار

نون سنگک بگیرم یا بربری؟
-سنگک، دو تا، یکیش کنجدی
صفش طولانیه
-صبر کن، می‌ارزه
گرفتم
-بدو تا داغه

are you coming to the park?
-yep, ten minutes, feeding the cat first
which cat?
-the fat one from the stairs
does she have a name now?
-of course, she is called Soup

گربه‌ات چطوره؟
-سوپ خوبه، داره می‌خوابه
چقدر می‌خوابه
-کار دیگه‌ای نداره که، خوش به حالش
عکسش رو بفرست
-بیدار شد میفرستم

happy birthday Mina!
-aww thank you, you remembered
how old are you now?
-old enough for two cakes
chocolate?
-of course, what else

تولدت چه خبر بود؟
-دو تا کیک خوردیم، جات خالی
شکلاتی؟
-آره دیگه، پس چی
کادو چی گرفتی؟
-یه کتاب درباره‌ی جغدها

how is the owl book?
-owls are funny, they turn their heads all around
can you do that?
-I tried, my neck says no
please do not try again
-no promises

فردا کوه میای؟
-میام، ولی آروم میریم، قول؟
قول، ساعت شش دم مترو
-شش؟ وای، باشه، چای با من
ساندویچ با من
-آخ جون، خیارشور یادت نره

رسیدی خونه؟
-آره، پاهام درد می‌کنه ولی خوش گذشت
منظره‌ی بالا عالی بود
-عالی بود، ابرا زیر پامون بودن
هفته‌ی بعد هم بریم؟
-بریم، ولی ساعت هفت

do you like the new song?
-which one, the slow one?
yes, the slow one
-love it, I danced with Soup
the cat dances?
-no, she was very patient

کارت چطور پیش میره؟
-خوبه، امروز سه تا طرح تموم کردم
آفرین
-مرسی، الان فقط چای می‌خوام
پس استراحت کن
-چشم آرش جون

دلم گرفته
-ای وای، چی شده؟
هیچی، یه کم خسته‌ام
-بیا اینجا، چای و کیک داریم
میام
-منتظرتم، سوپ هم منتظره

I failed the exam
-oh no, come here, that hurts
I studied so much
-I know, next time we study together
really?
-of course, with tea and cake

امتحانت چی شد؟
-تو امتحان داشتی یا من؟
من بابا، قبول شدم
-آخ جون! مبارکه، کیک با تو
شکلاتی؟
-پس چی

are you on the train?
-yep, by the window, looking at sheep
how many sheep?
-forty one, I counted
you are so bored
-not at all, sheep are lovely

سفر چطور بود؟
-خوب بود، کلی گوسفند دیدم
گوسفند؟
-آره، چهل و یکی شمردم
دیوونه‌ای
-می‌دونم، مرسی

چه کتابی بخونم؟
-اونی که درباره‌ی نهنگ‌هاست
انگلیسیه؟
-آره ولی آسونه، بیا ببرش
سخت بود کمکم کن
-چشم، با چای

good night Mina
-good night, sleep like Soup
like soup?
-like the cat, all day long

شب بخیر
-شب تو هم بخیر، خوب بخوابی
فردا زنگ می‌زنم
-بزن، بعد از نه بیدارم

خرید میری؟
-آره، لیست بده
شیر و پنیر و گردو
-گردو گرونه، بادوم میارم
باشه
-بستنی هم میارم

the milk is gone again
-Soup looks very innocent
too innocent
-I will buy two bottles tomorrow

چتر آبی رو پس بیارم؟
-نه نگهش دار، باز گم می‌کنی زرده رو
چه مهربون
-می‌دونم، مرسی

coffee tomorrow?
-tea, always tea
tea tomorrow?
-of course, four o'clock, the small place
"""


def export() -> str:
    at = datetime(2026, 2, 3, 9, 0)
    notice = "Messages and calls are end-to-end encrypted. Learn more."
    lines = [f"{at:%d/%m/%Y, %H:%M} - {notice}"]
    for talk in _TALKS.strip().split("\n\n"):
        for line in talk.splitlines():
            name = PERSONA if line.startswith("-") else FRIEND
            lines.append(f"{at:%d/%m/%Y, %H:%M} - {name}: {line.removeprefix('-')}")
            at += timedelta(minutes=2)
        at += timedelta(hours=7)
    return "\n".join(lines) + "\n"
