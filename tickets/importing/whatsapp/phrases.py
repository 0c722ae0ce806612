"""Words of WhatsApp in common languages: markers of media, notices in a person's name, encryption.

Lower case, without invisible marks, brackets `<>` kept, no full stop at the end. A language that is
missing is mostly told by form (see `notices`).
"""

from typing import Final

_ANDROID_MEDIA = """
<media omitted>|<medien ausgeschlossen>|<médias omis>|<fichier omis>|<multimedia omitido>
<archivo omitido>|<media omessi>|<mídia oculta>|<arquivo de mídia oculto>|<ficheiro não revelado>
<без медиафайлов>|<медиа пропущены>|<медіа пропущено>|<без медіафайлів>|<медіафайли пропущено>
<medya dahil edilmedi>|<medya atlanmış>|<رسانه حذف شد>|<رسانه حذف شده>|<پیوست نشده است>
<رسانه پیوست نشده است>|<رسانه افزوده نشد>|<تم استبعاد الوسائط>|<تم حذف الوسائط>
<الوسائط غير مدرجة>|<לא נכללה מדיה>|<המדיה לא נכללה>|<המדיה הושמטה>|<מדיה הושמטה>
<मीडिया के बिना>|<मीडिया शामिल नहीं है>|<मीडिया छोड़ा गया>|<media weggelaten>
<pominięto multimedia>|<multimedia pominięte>|<média vynechány>|<médiá vynechané>
<mediefiler utelämnade>|<media utelämnad>|<media har utelämnats>|<media jätettiin pois>
<tiedosto jätetty pois>|<mediefil udeladt>|<medier udeladt>|<medier utelatt>
<メディアは含まれていません>|<メディアファイルを除く>|<미디어 파일을 제외한 대화내용>
<미디어 파일 제외됨>|<省略媒体文件>|<省略多媒體檔案>|<媒体文件已省略>|<忽略多媒體檔>
<media tidak disertakan>|<tidak menyertakan media>|<media dikecualikan>|<bỏ qua tệp phương tiện>
<file media bị ẩn>|<εξαίρεση πολυμέσων>|<fișiere media omise>|<média kihagyva>|<ไม่รวมสื่อ>
"""
_IOS_KINDS = {
    "{} omitted": "image|video|audio|gif|sticker|document|contact card|video note|media|file",
    "{} weggelassen": "bild|video|audio|gif|sticker|dokument|kontaktkarte|videonachricht",
    "{} ausgelassen": "kontaktkarte|bild|video",
    "{} omitido": "audio|gif|sticker|documento|video|archivo|contacto",
    "{} omitida": "imagen|imagem|tarjeta de contacto|nota de video|figurinha",
    "{} absente": "image|vidéo",
    "{} absent": "audio|gif|sticker|document",
    "{} omis": "audio|gif|sticker|document|fichier",
    "{} omise": "image|vidéo|fiche contact",
    "{} omessa": "immagine|gif",
    "{} omesso": "video|audio|sticker|documento|biglietto da visita",
    "{} esclusa": "gif|immagine",
    "{} ocultada": "imagem|figurinha",
    "{} ocultado": "vídeo|áudio|gif|documento|cartão do contato|sticker",
    "{} não revelada": "imagem|gif",
    "{} não revelado": "vídeo|áudio|documento",
    "{} отсутствует": "изображение|видео|аудиофайл|gif|стикер|документ|карточка контакта",
    "{} пропущено": "зображення|відео|аудіо|gif-анімацію|стікер|документ|контакт",
    "{} відсутнє": "зображення|відео|аудіо",
    "{} dahil edilmedi": "görüntü|video|ses|gif|çıkartma|belge|kişi kartı",
    "{} حذف شد": "تصویر|ویدیو|صدا|برچسب|سند|فایل|گیف|عکس|صوت|استیکر|کارت تماس|مخاطب|رسانه",
    "{} حذف شده": "تصویر|ویدیو|صدا|برچسب|سند|فایل|گیف|عکس|صوت|استیکر|رسانه",
    "{} ارسال نشد": "تصویر|ویدیو|فایل|صدا",
    "تم استبعاد {}": "الصورة|الفيديو|الصوت|الملصق|المستند|ملف صوتي|صورة|بطاقة جهة الاتصال",
    "لم يتم إدراج {}": "الصورة|الفيديو|الصوت|الملصق|المستند|صورة gif|ملصق|المقطع الصوتي",
    "{} غير مدرجة": "الصورة|صورة",
    "{} הושמטה": "התמונה|תמונה|מדבקה",
    "{} הושמט": "הסרטון|סרטון|האודיו|שמע|מסמך|gif|כרטיס איש קשר",
    "{} weggelaten": "afbeelding|video|audio|gif|sticker|document|contactkaart",
    "{} छोड़ी गई": "तस्वीर|छवि|ऑडियो",
    "{} छोड़ा गया": "वीडियो|दस्तावेज़|स्टिकर",
    "pominięto {}": "obraz|wideo|film|dźwięk|gif|naklejkę|dokument|kartę kontaktu|grafikę|audio",
    "{} pominięto": "obraz|wideo|audio",
    "{} vynechán": "obrázek|gif|dokument|zvuk",
    "{} vynecháno": "video|audio",
    "{} vynechána": "nálepka|vizitka",
    "{} utelämnad": "bild|video|gif|sticker|ljudfil",
    "{} utelämnat": "ljud|dokument|kontaktkort",
    "{} jätettiin pois": "kuva|video|ääni|gif|tarra|asiakirja|yhteystietokortti",
    "{} udeladt": "billede|video|lyd|gif|sticker|mærkat|dokument|kontaktkort",
    "{} utelatt": "bilde|video|lyd|gif|klistremerke|dokument",
    "{}は含まれていません": (
        "画像|動画|ビデオ|音声|オーディオ|gif|ステッカー|スタンプ|文書|ドキュメント|連絡先カード"
    ),
    "{}を除外しました": "画像|動画|音声|ドキュメント",
    "생략된 {}": "이미지|사진|동영상|비디오|오디오|음성|gif|스티커|문서|연락처",
    "{} 생략됨": "이미지|사진|동영상|오디오|gif|스티커|문서",
    "忽略{}": "图像|图片|视频|音频|gif|贴图|文档|联系人名片|圖片|影片|音訊|文件",
    "{}已省略": "图片|视频|音频|文件|圖片|影片|音訊|贴图|貼圖",
    "{} tidak disertakan": "gambar|video|audio|gif|stiker|dokumen|kartu kontak",
    "đã bỏ qua {}": "hình ảnh|video|âm thanh|nhãn dán|tài liệu",
}
_NOTES = """
file attached|datei angehängt|fichier joint|archivo adjunto|file allegato|arquivo anexado
ficheiro anexado|файл добавлен|файл прикреплен|файл додано|файл прикріплено|dosya ekli
فایل پیوست شد|فایل پیوست شده است|فایل پیوست|فایل ضمیمه شد|ملف مرفق|الملف مرفق|קובץ מצורף
फ़ाइल संलग्न है|फ़ाइल संलग्न|bestand bijgevoegd|załączono plik|plik dołączony
soubor byl přiložen|soubor přiložen|bifogad fil|fil bifogad|tiedosto liitetty|fil vedhæftet
vedhæftet fil|fil vedlagt|添付ファイル|ファイル添付|파일 첨부됨|파일 첨부|文件附件|檔案附件
文件已附加
file terlampir|tệp đính kèm|đã đính kèm tệp|συνημμένο αρχείο|fișier atașat|fájl csatolva
"""
_OTHER_MEDIA = """
null|live location shared|standort wurde geteilt|live-standort wird geteilt
you received a view once message|view once message|view once voice message omitted
you received a view once photo|you received a view once video
"""


def _listed(text: str) -> list[str]:
    return [
        phrase.strip() for line in text.split("\n") for phrase in line.split("|") if phrase.strip()
    ]


MEDIA: Final = frozenset(
    [
        *_listed(_ANDROID_MEDIA + _NOTES + _OTHER_MEDIA),
        *(form.format(kind) for form, kinds in _IOS_KINDS.items() for kind in kinds.split("|")),
    ]
)

_DELETED = """
this message was deleted|you deleted this message|this message was deleted by an admin
diese nachricht wurde gelöscht|du hast diese nachricht gelöscht
ce message a été supprimé|vous avez supprimé ce message|message supprimé
este mensaje fue eliminado|se eliminó este mensaje|eliminaste este mensaje|mensaje eliminado
questo messaggio è stato eliminato|hai eliminato questo messaggio
mensagem apagada|esta mensagem foi apagada|você apagou esta mensagem|apagou esta mensagem
данное сообщение удалено|сообщение удалено|вы удалили данное сообщение|это сообщение было удалено
це повідомлення було видалено|це повідомлення видалено|ви видалили це повідомлення
повідомлення видалено|bu mesaj silindi|bu mesajı sildiniz
این پیام حذف شد|این پیام حذف شده است|این پیام پاک شد|شما این پیام را حذف کردید
این پیام را حذف کردید|این پیام را پاک کردید|پیام حذف شد|شما این پیام را پاک کردید
تم حذف هذه الرسالة|لقد حذفت هذه الرسالة|حذفت هذه الرسالة|קבוצה זו נמחקה|הודעה זו נמחקה
מחקת הודעה זו|ההודעה נמחקה|यह मैसेज हटाया गया|यह संदेश हटा दिया गया था|यह मैसेज डिलीट किया गया
आपने यह मैसेज डिलीट किया|आपने यह संदेश हटा दिया|dit bericht is verwijderd
u hebt dit bericht verwijderd|je hebt dit bericht verwijderd|ta wiadomość została usunięta
usunięto tę wiadomość|ta wiadomość została skasowana|tato zpráva byla smazána
tato zpráva byla odstraněna|tuto zprávu jste smazali|tuto zprávu jste odstranili
det här meddelandet raderades|detta meddelande raderades|du raderade det här meddelandet
du raderade detta meddelande|tämä viesti poistettiin|poistit tämän viestin
denne besked blev slettet|du slettede denne besked|denne meldingen ble slettet
このメッセージは削除されました|このメッセージを削除しました|삭제된 메시지입니다
이 메시지는 삭제되었습니다|이 메시지를 삭제했습니다|이 메시지를 삭제하셨습니다|此消息已删除
您已删除此消息
你已删除此消息|此訊息已刪除|您已刪除此訊息|此消息已被删除|你刪除了此訊息|您刪除了此訊息
pesan ini dihapus|pesan ini telah dihapus|anda menghapus pesan ini|anda telah menghapus pesan ini
tin nhắn này đã bị xóa|bạn đã xóa tin nhắn này
"""
_CALLS = """
missed voice call|missed video call|missed group voice call|missed group video call|voice call
video call|voice call, no answer|video call, no answer|silenced voice call|silenced video call
verpasster sprachanruf|verpasster videoanruf|verpasster anruf|sprachanruf|videoanruf
appel vocal manqué|appel vidéo manqué|llamada perdida|llamada de voz perdida|videollamada perdida
chiamata persa|chiamata vocale persa|videochiamata persa
chamada de voz perdida|chamada de vídeo perdida|ligação de voz perdida|ligação de vídeo perdida
пропущенный аудиозвонок|пропущенный видеозвонок|пропущенный звонок
пропущений голосовий виклик|пропущений відеовиклик|пропущений аудіодзвінок|пропущений відеодзвінок
cevapsız sesli arama|cevapsız görüntülü arama|تماس صوتی از دست رفته|تماس تصویری از دست رفته
تماس صوتی بی‌پاسخ|تماس تصویری بی‌پاسخ|تماس بی‌پاسخ|تماس از دست رفته|تماس صوتی بی پاسخ
مكالمة صوتية فائتة|مكالمة فيديو فائتة|مكالمة فائتة|שיחה קולית שלא נענתה|שיחת וידאו שלא נענתה
שיחה שלא נענתה|मिस्ड वॉइस कॉल|मिस्ड वीडियो कॉल|gemiste spraakoproep|gemiste video-oproep
nieodebrane połączenie głosowe|nieodebrane połączenie wideo|zmeškaný hovor
zmeškaný hlasový hovor|zmeškaný videohovor|missat röstsamtal|missat videosamtal
vastaamaton äänipuhelu|vastaamaton videopuhelu|ubesvaret taleopkald|ubesvaret videoopkald
不在着信|音声通話の不在着信|ビデオ通話の不在着信|부재중 음성통화|부재중 영상통화|부재중 음성 통화
未接语音通话|未接视频通话|未接語音通話|未接視訊通話|panggilan suara tak terjawab
panggilan video tak terjawab|cuộc gọi thoại nhỡ|cuộc gọi video nhỡ
waiting for this message|waiting for this message. this may take a while
"""
SYSTEM: Final = frozenset(_listed(_DELETED + _CALLS))

ENCRYPTION: Final = (
    "Messages and calls are end-to-end encrypted",
    "Messages to this chat and calls are now secured with end-to-end encryption",
    "Messages to this group are now secured with end-to-end encryption",
    "Messages you send to this",
    "Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt",
    "Les messages et les appels sont chiffrés de bout en bout",
    "Los mensajes y las llamadas están cifrados de extremo a extremo",
    "I messaggi e le chiamate sono crittografati end-to-end",
    "As mensagens e as chamadas são protegidas",
    "As mensagens e ligações são protegidas",
    "Сообщения и звонки защищены сквозным шифрованием",
    "Повідомлення та дзвінки захищено наскрізним шифруванням",
    "Повідомлення й дзвінки захищено наскрізним шифруванням",
    "Mesajlar ve aramalar uçtan uca şifrelidir",
    "پیام‌ها و تماس‌ها سرتاسر رمزگذاری شده‌اند",
    "پیامها و تماسها سرتاسر رمزگذاری شدهاند",
    "پیام‌ها و تماس‌ها رمزگذاری سرتاسری شده‌اند",
    "الرسائل والمكالمات مشفرة تمامًا بين الطرفين",
    "الرسائل والمكالمات مشفرة تماماً بين الطرفين",
    "ההודעות והשיחות מוצפנות מקצה לקצה",
    "मैसेज और कॉल एंड-टू-एंड एन्क्रिप्टेड हैं",
    "Berichten en oproepen worden end-to-end versleuteld",
    "Wiadomości i połączenia są w pełni szyfrowane",
    "Zprávy a hovory jsou zabezpečeny koncovým šifrováním",
    "Zprávy a hovory jsou koncově šifrovány",
    "Meddelanden och samtal är totalsträckskrypterade",
    "Viestit ja puhelut salataan päästä päähän",
    "Viestit ja puhelut ovat päästä päähän -salattuja",
    "Beskeder og opkald er end-to-end-krypterede",
    "メッセージと通話はエンドツーエンドで暗号化されています",
    "메시지와 통화는 종단간 암호화됩니다",
    "消息和通话都进行端到端加密",
    "訊息和通話經端對端加密",
    "Pesan dan panggilan dienkripsi secara end-to-end",
)
