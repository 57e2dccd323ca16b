"""The answers of the preview: the portal's own help, and short ones: (days since the review, {language: (title, text)})."""

from portal import help_texts

DAYS_OF_HELP = {"10165": 60, "10166": 60, "10164": 4, "10163": 3}  # since the review; 61 of the others
FIRST_SHORT = 10167
FOLLOWERS = {"10163": ("ana", "ben"), "10164": ("yuki",)}

# An original that went on after it was translated: its title, and what it says since.
REVISED_AGO = 6
REVISED = (
    "How long does an export take, and where does it end?",
    "Larger ones are written at night, and mailed as a link in the morning.",
)

ANSWERS = (
    (
        40,
        {
            "en": (
                "Lot numbers on labels change at midnight of the site",
                "A label takes the lot number of the day on which it is printed, in the time zone of the **site**.\n\n"
                "- Labels printed before midnight keep their number.\n"
                "- A printer with a memory of its own keeps the last number until it is switched off and on.",
            ),
            "ja": (
                "ラベルのロット番号は、サイトの午前0時に切り替わります",
                "ラベルには、**サイト**のタイムゾーンでの印刷日のロット番号が入ります。\n\n"
                "- 午前0時より前に印刷したラベルの番号は変わりません。\n"
                "- プリンター本体に記憶が残る機種では、電源を入れ直すまで前の番号のままです。",
            ),
        },
    ),
    (
        250,
        {
            "en": (
                "A label printer keeps the last job",
                "Switch the printer off, wait ten seconds, switch it on. Then print the label again from the pick list.",
            ),
            "ja": (
                "ラベルプリンターに前回のジョブが残る",
                "プリンターの電源を切り、10秒待ってから入れ直してください。その後、ピックリストから再度印刷します。",
            ),
            "es": (
                "La impresora de etiquetas conserva el último trabajo",
                "Apágala, espera diez segundos y enciéndela. Después imprime otra vez desde la lista de preparación.",
            ),
        },
    ),
    (
        20,
        {
            "en": (
                "How long does an export take, and where does it end?",
                "An export of 10,000 rows takes about a minute. The last line of the file says how many rows it holds: "
                "compare it with the number above the list before you use the file.",
            ),
            "es": (
                "¿Cuánto tarda una exportación y dónde termina?",
                "Diez mil filas tardan alrededor de un minuto. La última línea del archivo dice cuántas filas tiene: "
                "compárala con el número que aparece sobre la lista antes de usar el archivo.",
            ),
        },
    ),
    (
        110,
        {
            "en": (
                "Mail arrives with strange letters in the subject",
                "Subjects with letters outside of ASCII are encoded. If a reader sees `=?UTF-8?`, tell us the mail "
                "program and attach the mail as a file: a picture of it hides what we need.",
            ),
            "ja": (
                "メールの件名が文字化けする",
                "件名に「=?UTF-8?」と表示される場合は、メールソフトの名前と、メールをファイルとして添付してお送りください。"
                "画面の写真では原因を調べられません。",
            ),
        },
    ),
)


def articles():
    """Return [(id, days since the review, {language: (title, text)})] of the answers that explain the portal."""
    return [(public_id, DAYS_OF_HELP.get(public_id, 61), help_texts.texts(public_id)) for public_id in help_texts.IDS]


def short_answers():
    """Return [(id, days since the review, {language: (title, text)})] of the others."""
    return [(str(number), days, texts) for number, (days, texts) in enumerate(ANSWERS, FIRST_SHORT)]
