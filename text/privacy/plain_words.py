"""Words that stand near what is told of an account and are not it. For small letters.

`FILLERS` may stand between a value's name and the value; `COPULAS` among them say that the value
comes; `NOT_TOLD` say that it doesn't; `COMMON` are words of English and names of products that
look like a name of one's own in another script.
"""

import re
from typing import Final


def listed(words: str) -> frozenset[str]:
    """Words with white space between them, as a set."""
    return frozenset(words.split())


COPULAS: Final = listed(
    """
    is was are be being as equals called named set reads hast ast ine bood bud bude shod gozashtam
    zadam mizanam zade
    هست است بود بوده هستش اینه اینا ایناست اینست ه ـه عبارته عبارتست برابر یعنی شده شد میشه می‌شه
    گذاشتم گذاشتیم گذاشته گذاشتین گذاشتید زدم زدیم کردم دادم دادن دادید دادین نوشتم نوشته باشه این
    می‌باشد میباشد می‌باشند عبارت باشد می ایشه همینه همین بذارید بذارین بزارید زده‌ام می‌زنم میزنم
    це є такий така таке був була було як ось — это был была вот
    היא הוא זה זו זאת היה הייתה היתה כך בתור
    """
)
_ENGLISH_FILLERS = """
    my our your his her their its the a an this that these those it i we you he she they me us him
    has have had will would did do does been using use used uses with for of to on in at by from
    into via and or but so then now here there still just also only again currently today
    yesterday new old current previous last first second default temporary temp initial original
    actual correct right wrong same other own admin personal company work home office main primary
    account accounts login log sign in logging signing site website app portal panel dashboard
    system server service wifi wi-fi wi fi network router modem email mail mailbox box inbox
    ftp ssh sql database db cpanel vpn client customer user users profile page bank online web
    sent gave got get received entered enter typed type put tried try trying chose choose picked
    chosen changed change updated created create made
    make gave given issued assigned told which whose who when after before should must could can
    sms text code says said reads saying shows showing please fyi btw number field value
    accept accepted refuses refused rejects
    name id string details username password pass word pw pwd handle nickname nick machine laptop
    computer pc desktop phone device test staging production prod dev support helpdesk team
    employee staff son wife husband mother father mom dad brother sister daughter friend boss
    manager colleague shop store game forum telegram instagram twitter skype discord steam
    facebook whatsapp github x tiktok linkedin snapchat signal
"""
_PERSIAN_FILLERS = """
    من ما شما تو او اون آن این همون همین خودم خودمون خودش خود مال برای واسه واسم برام برایم بهم به
    بنده جناب از با در توی تو روی رو را و هم که هنوز الان فعلا فقط دوباره جدید جدیدم جدیدمون
    جدیدش جدیدی قبلی
    قبلیم قبلیش قدیمی قدیمیم فعلی فعلیم اصلی اصلیم موقت موقتی ثابت اولیه پیش‌فرض پیشفرض دوم اول
    جدیدو
    حساب حسابم حسابمون کاربری کاربر کاربرم اکانت اکانتم اکانتمون اکانتش پنل پنلم پنلمون سایت سایتم
    سایتتون ورود ورودم وارد ایمیل ایمیلم مودم مودمم مودممون روتر وای‌فای وایفای وای فای فایم سرور
    سرورم هاست هاستم سی پنل سیپنل بانک همراه اینترنت اینترنتم بانکم موبایل موبایلم گوشی گوشیم سیستم
    سیستمم لپ‌تاپ لپتاپ کامپیوتر برنامه اپ اپلیکیشن شرکت شرکتم مدیریت ادمین مدیر مشتری پروفایل
    پروفایلم
    تلگرام تلگرامم اینستا اینستام اینستاگرام اینستاگرامم واتساپ بازی بازیم فروشگاه فروشگاهم سامانه
    پورتال شبکه دیتابیس وردپرس وردپرسم عبور رمز پسورد یوزر پس نام اسم شناسه آیدی ایدی پیج پیجم کانال
    دارم داریم داره داشتم میگم میگن میذارم می‌ذارم میفرستم می‌فرستم وارد میکنم می‌کنم استفاده
    کنید کنین
    فرستادید فرستادین دادید دادین بهتون قبلا قبلاً قبلنا امروز دیروز کارمند همکارم همسرم پسرم دخترم
    خواهرم برادرم ام م ش ت مون تون شون اش ات منه ماست ما کارتابل کارتابلم دفتر دفترم خونه منزل
    اینجانب بنده‌ی ناحیه ناحیه‌ی واحد بخش مجموعه مجموعه‌ی سازمان سازمانی همکاران همکار کارمندان کارکنان
    مشترک مشتریان پرتال پورتالم سامانه‌ی حسابداری فروش پشتیبانی مرکزی شعبه نمایندگی رایانه رایانامه
    رایانه‌ای سرویس سرویسم خدمات اتصال بی‌سیم بیسیم بی سیم دسترسی دانشگاه دانشجویی خانگی خانه
    پدرم مادرم همسر فرزندم مذکور فوق ذیل زیر شخصی‌ام وب‌سایت وبسایت وب‌گاه درگاه پنل‌کاربری اکانت‌کاربری
    عوضش عوض تغییر تغییرش تغییرم داده شخصی اداری فارسی انگلیسی تستی تست نهایی درست درستش صحیح
    فرستادی ارسال ارسالی کردید کردین پیامک شدم میشم می‌شم می‌شوم میزنم نوشتم ثبت ثبت‌شده کرده نظرم
    man ma shoma to in un oon ro ra va ham ke jadid jadidam ghabli ghablim feli alan hesab hesabam
    account accountam site sitetun panel email emailam modem wifi e am et esh karbari karbar baraye
    barama baram
"""
_SLAVIC_FILLERS = """
    мій моя моє мої мене мого моєї моєму мною наш наша наше ваш ваша ваше твій його її їх свій свого
    свою у в на до від для з із зі по під за та і й а але що цей ця це той новий нова нове нового
    старий стара старе старого поточний теперішній тимчасовий тимчасова попередній перший останній
    основний головний адмін адміна акаунта акаунту акаунт аккаунт аккаунта обліковий запис
    облікового
    запису кабінет кабінету кабінеті кабінета входу вхід сайт сайту сайті пошти пошту пошта поштою
    скриньки вайфаю вайфай wi-fi wifi роутера роутер модема сервера системи банкінгу банку додатка
    додатку застосунку профілю профіль магазину форуму хостингу панелі адмінки сторінки маю є зараз
    тепер досі ввожу вводжу вводив вводила ввів використовую використовував поставив поставила
    змінив змінила змінили написав прислали надіслали дали дав отримав отримала вказав вказала
    мама телефону телефона комп'ютера ноутбука мережі користувача користувач співробітника клієнта
    логін логіну логіном пароль паролем паролю паролем нік нікнейм ім'я телеграмі телеграм
    інстаграмі інстаграм інсті твіттері грі гри тут ось так я ми він вона вони мені нам був була
    мой моя мое у от для новый старый текущий временный аккаунта почты сайта вайфая я
"""
_HEBREW_FILLERS = """
    שלי שלנו שלך שלו שלה שלכם של את עם על אל ל ב מ ה אני אנחנו יש לי לנו היא הוא זה זו החדש החדשה
    הישן הישנה הזמני הזמנית הנוכחי הנוכחית הקודם הקודמת הראשי הראשית זמני זמנית חדש חדשה ישן ישנה
    לחשבון לאתר לאפליקציה למערכת למייל לדואר לראוטר לנתב לרשת לשרת לבנק לווייפיי לוויי פיי הוויי
    וויי-פיי הוויי-פיי ווייפיי הווייפיי לוויי-פיי וואיפיי החשבון חשבון באתר במערכת באפליקציה במשחק
    בטלגרם ל מ ב ה כ ש ו באינסטגרם בפורום המשתמש משתמש שם כניסה הכניסה להיכנס לכניסה סיסמה הסיסמה
    סיסמת האישית
    האישי אישי אישית שקיבלתי קיבלתי ששלחתם שלחתם שנתתם נתתם שהגדרתי הגדרתי שמתי שם שיניתי בחרתי
    מזין מזינה הזנתי הקלדתי כתבתי רשמתי משתמש משתמשת עכשיו כרגע עדיין גם רק ו כאן הנה המייל
    שלך שלכם אלחוטית האלחוטית אלחוטי האלחוטי לרשת הווי-פיי הוואי וואי לוואי ואי הוואיפיי לוואיפיי
    רשת ברשת ויפי
    הוויפי לוויפי הויפי לויפי וויפי
    בבית הבית לבית במשרד המשרד למשרד בעבודה האורחים לאורחים לאינטרנט האינטרנט אינטרנט הביתי הביתית
    הטלפון המחשב הראוטר הנתב השרת הרשת האתר המערכת הבן הבת
"""
FILLERS: Final = COPULAS | listed(
    _ENGLISH_FILLERS + _PERSIAN_FILLERS + _SLAVIC_FILLERS + _HEBREW_FILLERS
)
NOT_TOLD: Final = listed(
    """
    must should cannot minimum least length contain contains characters long required requires
    order ticket version build error port invoice build model release protocol
    باید حداقل کاراکتر سفارش تیکت خطا ارور نسخه ورژن پورت فاکتور مدل آپدیت
    має мінімум символів замовлення тікет помилка версії версія порт модель
    חייבת חייב לפחות תווים הזמנה שגיאה גרסה גרסת פורט דגם
    """
)
COMMON: Final = listed(
    """
    a about above access account accounts action activity actual add added address admin
    administrator after again against age agent agents agreement alert all allow allowed almost
    alone already also always am an and android another any anyone anything anyway api app apple
    application apps archive are area around array as ask asked assistant at attempt auth
    authentication auto automatically available avatar away back backup bad bank banking base based
    basic be because been before behavior behaviour behind being below best better between big
    bitcoin blank block blocked blog board boolean bot box both browser browsers bug business but
    button buy by cache call called can cancel cannot cant card care cart case center change changed
    changer changes channel char chat check checked checking choice chrome class clear click client
    close cloud code column com come command comment common community company complete computer
    config configuration confirm connect connected connection console contact content control cookie
    cookies copy correct correctly could count country course cpanel create created creation
    credentials creating crypto current customer cvv dashboard data database date day days
    deactivated
    debug default delete deleted demo denied desk desktop detail details dev developer device
    devices
    dialog did didnt different digital direct directly disable disabled discord display do does
    doesnt domain done dont down download drive drop during duckduckgo each early easy edit edge
    either email emails empty enable enabled end engine enough enter entered entry error errors etc
    even ever every everyone everything exact example excel exist exists experience expiration
    expire
    expired expires external extra face facebook fail failed failing fails failure false fast
    feature
    feedback feel few field fields file files fill final find fine firefox first fixed flow focused
    folder follow following for forget forgot forgotten form format forum forums found free friend
    friendly friends from front ftp full function general generated generator get gets getting git
    github give given gmail go goes going good google got group groups guest guide had half handle
    handler happen happened has hash have having he head help helper her here hi hidden high him his
    history home host hosting hotmail how however html http https icloud icon id idea identity if
    image immediately important in incorrect index individual info information input inputs inside
    insta instagram install instead int integer interaction interface internal internet into invalid
    invoice ios iphone ipad is issue issues it item its itself java javascript job join json just
    keep
    key keys kind know known language laptop last late later latest least left length less let
    letter
    letters level license like limit line link linkedin linux list live load local locally location
    lock locked log logged logging login logins logout long longer look lost lot mac mail mailbox
    main
    make making manage management manager manual many mapping may maybe me mean means media member
    memory menu message messages messenger method microsoft might min minimum missing mobile mode
    model modem module more most move much multiple must my mysql name named names native need
    needed
    needs network never new news next nice no none nopasswd normal not note nothing notification
    notifications now null number object of off office official often ok old on once one ones online
    only open openvpn opera operation option options or order orders other our out outlook over own
    owner page pages panel parameter parameters part parts pass passed password passwords payment
    paypal people per permission permissions person personal phone php pin place plain platform
    please plugin point policy pop popup portal possible post postgres power preference preferences
    premium present press previous price privacy private privileges pro problem problems process
    product profile program project prompt prompts properly property protected protection provide
    provided provider public push put python query question questions quick quite random rather read
    ready real really reason receive received recent recently recover recovery redirect refused
    register registered registration reject rejected related release remember remote remove removed
    repeat reply report request requests required requirement requirements reset resetting response
    rest restored result return returned right role roles root router row rule rules run safari safe
    said sale same save saved say says screen screens search second secret section secure security
    see seem seems seen select self send sender sent server servers service services session
    sessions
    set setting settings setup several shall share shared she shell shop should show showing shown
    side sign signal signed signin signup similar simple since single site sites size skype slack
    small so social software some someone something soon sort source space spam special speed sql
    ssh
    stack staff standard start started state status stay step steps still stolen stop storage store
    stored story string strings strong stuff style sub subject submit success successfully such
    suddenly suggestions support supposed sure suspended switch sync system systems tab table take
    talk team teams tech telegram tell temp temporarily temporary terminal test tester testing text
    than thank thanks that the their them then there these they thing things think this those though
    through tiktok time times title to today together token too took tool top tor total totally
    touch
    track tracking train trial tried true trust try trying turn twice twitter two type typed types
    uk unable unavailable under understand undefined unique unknown unless unlock unlocked until up
    update updated updates upgrade upon ups url us usage use used useful user username users uses
    using usually utf valid validation value values var varchar variable various verification
    verified
    verify version very via video viber view viewer views vip virtual visa visit visited vpn wait
    waiting wallet want wants warning was wasnt way we web website websites week weeks well went
    were
    what whatever whatsapp when where whether which while who whole whose why wide wifi wiki will
    window windows wish with within without won wont word wordpress words work worked working works
    world would wrong wrongly www xbox xml yahoo year yes yet yml you your yours yourself youtube
    zero
    zoom ubuntu debian nginx apache docker cisco mikrotik tplink huawei samsung sony nokia xiaomi
    broken frozen stuck dead gone hacked down empty slow compromised useless ok okay ready mine
    myself yourself himself herself themselves ourselves anymore somehow helps prevents manager
    managers
    admins bcrypt argon ldap oauth saml sso otp smtp imap pptp wireguard psiphon tails psk wpa steam
    netflix spotify amazon aws azure digikala snapp divar rubika eita bale vps cdn dns ssl tls ip
    mac
    optional mandatory forgotten visible expired hashed encrypted masked unreadable plaintext
    enterprise plus gold silver standard lite max mini ultra studio directadmin phpmyadmin whm plesk
    """
)
DEFAULT_PASSWORDS: Final = listed("password admin administrator secret master welcome login guest")
"""Words of running text that are passwords by themselves, where they are told as one."""
_KEYBOARD: Final = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "йцукенгшщзхї",
    "фівапролджє",
    "ячсмитьбю",
)
_TYPICAL: Final = listed("letmein iloveyou changeme trustno")
_SHORTEST_WALK: Final = 5


def is_typical_password(word: str) -> bool:
    """Letters side by side on a keyboard, or what many take: nobody writes it for anything else."""
    if word in _TYPICAL:
        return True
    return len(word) >= _SHORTEST_WALK and any(
        word in row or word[::-1] in row for row in _KEYBOARD
    )


NOT_A_USER: Final = listed(
    """
    avatar base bases dashboard journey journeys churn flow guides count counts stories story
    research tokens token pool pools class classes import imports export
    exports signups signup login logins
    avatars stats quota quotas limits limit cap prompts tests testing onboarding lists list cards
    traffic behaviour behavior filter filters search searches sync tags tag menu menus bar widget
    widgets forms form tables table records record uploads upload backup backups invites invite
    invitation invitations profile profiles picture pictures photo photos icon bio comments posts
    portal portals area areas zone panel panels manual manuals docs tutorial tutorials trust privacy
    clicks taps wants needs gets sees says reports tries still never often sometimes always usually
    mailbox tracking audit audits metrics growth surveys survey satisfaction happiness frustration
    reviews review ratings rating votes scores score points credits credit balance wallet license
    licenses licence seat seats plan plans tier tiers billing invoices payments purchases orders
    hierarchy matrix schema model models object objects agent agents space land mode kernel variable
    folder folders home directory desktop environment group groups role roles rights privileges
    facing centric friendly driven generated defined specific side level wise numbers number limit
    """
)
_ENDINGS = (
    *("ing", "ings", "tion", "tions", "sion", "ment", "ments", "ness", "able", "ible", "ally"),
    *(
        "ated",
        "ized",
        "ous",
        "ive",
        "ical",
        "ful",
        "less",
        "ity",
        "ence",
        "ance",
        "ily",
        "ely",
        "ual",
    ),
)
_NO_PAST = ("amed", "mmed", "eed", "ayed", "ared", "fred", "shed")
_PARTS: Final = re.compile(r"[-_./]+")


def is_common(word: str) -> bool:
    """Of running text, by the list or by its ending."""
    plain = word.strip("-_.'’@")
    if (
        "'" in plain
        or "’" in plain
        or plain in COMMON
        or (len(plain) > 6 and plain.endswith(_ENDINGS))
    ):
        return True
    if len(plain) > 6 and plain.endswith("ed") and not plain.endswith(_NO_PAST):
        return True
    parts = _PARTS.split(plain)
    some = all if "_" in plain else any
    return len(parts) > 1 and some(len(part) > 1 and part in COMMON for part in parts)
