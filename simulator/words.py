"""Text of a simulated universe: several languages and scripts, emoji, slang, and short texts that everybody repeats."""

# ruff: noqa: E501 - tables of text, in scripts that count as two columns each

from __future__ import annotations

LANGUAGES = ("en", "es", "pt", "de", "fr", "ja", "ar", "tr", "id", "ko", "ru", "hi", "it")

# ISO 3166-1 alpha-2 codes by language.
REGIONS = {
    "en": ("US", "GB", "CA", "AU"),
    "es": ("MX", "ES", "AR", "CO"),
    "pt": ("BR", "PT"),
    "de": ("DE", "AT"),
    "fr": ("FR", "BE"),
    "ja": ("JP",),
    "ar": ("SA", "EG", "AE"),
    "tr": ("TR",),
    "id": ("ID",),
    "ko": ("KR",),
    "ru": ("KZ",),
    "hi": ("IN",),
    "it": ("IT",),
}

# What makes up most of any comment section, word for word.
REPEATED = (
    "😂😂😂", "🔥🔥🔥", "first", "❤️", "so real", "nah fr fr", "no cap", "W", "L", "💀", "lmaooo", "slay 💅", "this is fire 🔥", "part 2??",
    "underrated", "im crying 😭", "the way i screamed", "bro what", "mid", "cringe", "love this", "hate it", "jajaja", "kkkkk", "mdr", "wkwkwk",
    "草", "かわいい", "ㅋㅋㅋㅋ", "ههههه", "ماشاء الله", "top demais", "qué risa", "amo ❤️", "wie geil", "trop bien", "bellissimo", "harika", "keren banget",
    "супер", "मस्त है", "👏👏", "😍", "🥺🥺", "not me watching this at 3am", "POV: you are early", "who's here in 2026?", "it's giving ✨main character✨",
)  # fmt: skip

OPENERS = {
    "en": ("honestly", "ngl", "I can't believe", "ok but", "lowkey", "okay so"),
    "es": ("la verdad", "no puedo creer que", "pues", "o sea", "amigos,"),
    "pt": ("gente,", "mano,", "sinceramente", "não acredito que", "pior que"),
    "de": ("ehrlich gesagt", "also", "krass,", "ich finde", "Leute,"),
    "fr": ("franchement", "en vrai", "j'avoue", "bon,", "les gars,"),
    "ja": ("正直", "まじで", "やばい、", "え、", "個人的に"),
    "ar": ("بصراحة", "والله", "يا جماعة", "صدقني"),
    "tr": ("valla", "bence", "arkadaşlar", "cidden"),
    "id": ("jujur", "gila", "sumpah", "menurutku"),
    "ko": ("솔직히", "진짜", "와", "근데"),
    "ru": ("честно", "ребята,", "ну", "кстати"),
    "hi": ("सच में", "यार", "भाई", "देखो"),
    "it": ("onestamente", "ragazzi,", "raga", "comunque"),
}

CLAIMS = {
    "en": ("this is the best thing I've seen all week", "the audio is way too loud", "that's not how it works", "I need the recipe asap",
           "my cat did exactly this", "you deserve way more followers", "this aged terribly", "why does nobody talk about this"),
    "es": ("esto es lo mejor que he visto hoy", "no me gustó nada", "necesito la receta ya", "mi gato hace lo mismo", "qué talento tienes"),
    "pt": ("isso é bom demais", "não gostei do final", "preciso da receita", "meu cachorro faz igual", "você merece mais"),
    "de": ("das ist das Beste seit Langem", "das gefällt mir gar nicht", "ich brauche das Rezept", "größer geht's nicht", "so süß"),
    "fr": ("c'est trop bien fait", "je n'aime pas du tout", "il me faut la recette", "mon chat fait pareil", "tu mérites plus d'abonnés"),
    "ja": ("これ最高すぎる", "全然好きじゃない", "レシピ教えてください", "うちの猫と同じ", "もっと伸びてほしい"),
    "ar": ("هذا أجمل شيء رأيته اليوم", "لم يعجبني أبدا", "أريد الوصفة", "قطتي تفعل نفس الشيء"),
    "tr": ("bu çok güzel olmuş", "hiç beğenmedim", "tarifini istiyorum", "kedim de aynısını yapıyor"),
    "id": ("ini bagus banget", "kurang suka sih", "minta resepnya dong", "kucingku juga begini"),
    "ko": ("이거 진짜 최고다", "별로예요", "레시피 알려주세요", "우리 고양이랑 똑같아요"),
    "ru": ("это лучшее за неделю", "мне не понравилось", "дайте рецепт", "мой кот так же делает"),
    "hi": ("यह बहुत अच्छा है", "बिल्कुल पसंद नहीं आया", "रेसिपी बताओ", "मेरी बिल्ली भी यही करती है"),
    "it": ("è la cosa più bella di oggi", "non mi piace per niente", "voglio la ricetta", "il mio gatto fa lo stesso"),
}  # fmt: skip

CLOSERS = (
    "",
    "",
    "",
    " 😂",
    " 🔥",
    " ❤️",
    " 😭",
    "!!!",
    " 🤦🏽‍♀️",
    " 👨‍👩‍👧‍👦",
    "...",
    " 🇧🇷",
    " \u200d🏳️‍🌈",
    " (no hate)",
    "\nedit: thanks for the likes",
    " 😡",
)

CAPTIONS = {
    "en": ("wait for it", "day 12 of trying this", "I did not expect that ending", "reply to the haters", "easy 5 minute dinner"),
    "es": ("espera al final", "receta fácil de 5 minutos", "no me lo esperaba", "mi rutina de la mañana"),
    "pt": ("espera até o final", "receita fácil", "não esperava por isso", "minha rotina"),
    "de": ("warte bis zum Ende", "Rezept in 5 Minuten", "damit habe ich nicht gerechnet"),
    "fr": ("attends la fin", "recette facile en 5 minutes", "je ne m'y attendais pas"),
    "ja": ("最後まで見て", "5分でできる簡単レシピ", "まさかの結末"),
    "ar": ("انتظر النهاية", "وصفة سهلة في خمس دقائق", "لم أتوقع ذلك"),
    "tr": ("sonunu bekle", "5 dakikada kolay tarif", "bunu beklemiyordum"),
    "id": ("tunggu sampai akhir", "resep mudah 5 menit", "nggak nyangka"),
    "ko": ("끝까지 보세요", "5분 레시피", "예상 못한 결말"),
    "ru": ("жди до конца", "простой рецепт", "такого не ожидал"),
    "hi": ("अंत तक देखो", "आसान रेसिपी", "ऐसा सोचा नहीं था"),
    "it": ("aspetta la fine", "ricetta facile", "non me l'aspettavo"),
}

HASHTAGS = (
    "#fyp",
    "#foryou",
    "#viral",
    "#parati",
    "#pourtoi",
    "#fürdich",
    "#おすすめ",
    "#اكسبلور",
    "#booktok",
    "#cooking",
    "#cats",
    "#gym",
    "#2026",
    "#ad",
)

FIRST_NAMES = (
    "luna",
    "mateo",
    "aya",
    "noah",
    "sofia",
    "yuki",
    "omar",
    "lea",
    "ivan",
    "mia",
    "kai",
    "zoe",
    "ravi",
    "ana",
    "jonas",
    "ines",
)
LAST_NAMES = (
    "cooks",
    "daily",
    "tv",
    "vlogs",
    "fit",
    "art",
    "music",
    "reads",
    "plays",
    "travels",
    "lab",
    "studio",
    "official",
    "xo",
)
NICKNAME_MARKS = ("", "", " ✨", " 🎬", " 🍜", " 💫", "®", " ⚽️")
