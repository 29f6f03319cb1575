"""A cheap guess at a text's language: by script, and by common words where the script is Latin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from connectors.mentions import MENTION

UNKNOWN = "und"
_LOOKED_AT = 1_000
_MIN_LETTERS_OF_SCRIPT = 2
_KEPT_TOKENS, _KEPT_LENGTH = 100_000, 40

# In the order of precedence: kana decide before the Chinese characters that Japanese shares.
_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30fa\uff66-\uff9d]")),
    ("ko", re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("fa", re.compile("[پچژگ]")),
    ("ar", re.compile("[\u0620-\u06ff]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("hi", re.compile("[\u0904-\u0939\u093e-\u094d]")),
    ("bn", re.compile("[\u0985-\u09b9]")),
    ("ta", re.compile("[\u0b83-\u0bb9]")),
    ("th", re.compile("[\u0e01-\u0e4e]")),
    ("el", re.compile("[\u0386-\u03ce]")),
)
# Not the mark of Arabic direction, which nobody sees.
_OTHER_SCRIPT = re.compile("[\u0386-\u061b\u061d-\u0fff\u1100-\u11ff\u3041-\ud7a3\uff66-\uff9d]")
_LATIN = re.compile("[a-z\u00df-\u024f\u1ea0-\u1eff]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ASIDE = re.compile(rf"{MENTION.pattern}|#\w+|https?://\S+|\[[\w-]+\]")

_COMMON = {
    "en": """
        the a and is are was were i i'm im you your u ur he she it it's its this that they we of to in on for with not my me
        what how who why where when so but just do don't dont can can't cant have has had be been she's he's his her if as
        at from or an all get got like no love out up one would will there their them know go too very more about really
        please wait who's video bro girl nah omg lol song day good best here look looks did does am even ever never need
        want want's why's thanks thank these those
        """,
    "es": """
        el la los las un una unos y es son que qué de del en por para con no se me mi te tu su lo le muy más pero como cómo
        esta está este eso donde dónde quien quién hay yo ella cuando cuándo ya si sí todo hermosa hermoso linda feo asco
        canción gracias llama alguien encanta gusta amo jaja mas
        jajaja precio bonita bonito bien vida dios mejor eres estoy también
        """,
    "pt": """
        o os as um uma e é são que de do da dos das em no na por para com não nao se me meu minha te seu muito mais mas como
        essa esse isso onde quem tem eu ela ele você vc voce já tudo linda lindo qual nome música amei demais obrigada
        obrigado cara gente kkkk kkkkk vcs mto demais adorei
        """,
    "fr": """
        le la les un une des et est sont que qui de du en dans pour avec ne pas ce c'est je j'ai j'adore tu il elle nous
        vous mon ma te très trop mais comme où quoi cette ça ca plus sur belle beau merci nul musique suis
        mdr ptdr bonjour trouve combien
        """,
    "de": """
        der die das ein eine einen und ist sind war was wer wo wie ich du er sie es wir ihr mein nicht kein mit auf für von
        zu im den dem so sehr mega schön auch aber noch nur hast hat bin gut gemacht farbe früher danke peinlich kostet
        geil süß heißt woher
        """,
    "it": """
        il lo la gli un una e è sono che di del della in per con non mi ti ci si mio mia molto più ma come questo questa
        dove chi bellissima bellissimo bella bello io lei anche grazie cosa sei
        """,
    "id": """
        yang dan di ini itu apa ada aku kamu saya dia tidak gak ga nggak banget bagus keren jelek lagu lagunya nama namanya
        dari ke untuk dengan bisa sama juga kak bang dong nya udah cantik siapa
        yg dah nak sgt mmg mcm sy pakai beli boleh buat lagi tak kat tgk kalau sangat
        """,
    "tl": """ang ng mga sa na ko mo siya ako ikaw po naman lang ba hindi ganda gwapo sana kasi ito yung""",
    "tr": """bir ve bu şu çok ne için ben sen güzel değil mi da de var yok gibi nasıl kim neden bayıldım harika nerede fiyatı""",
    "pl": """i w na z się nie to jest że co jak ale bardzo tak mi ja ty kto gdzie czy piękna""",
    "vi": """là và của không có này cho được tôi bạn em anh đẹp quá rất gì ơi""",
    "sv": """och det är jag inte på för att ett vad vem så mycket också när mig mitt hur här kommer snygg""",
    "da": """og det jeg ikke på hvad hvem så meget også når mig hvor hvorfor fedt flot""",
    "no": """og det jeg ikke på å hva hvem så mye også når meg hvor hvorfor kult fint""",
    "ro": """și sunt nu ce cu în pe din mai foarte cum unde cine asta îmi frumoasă frumos bine pentru melodia""",
    "hu": """és az egy hogy nem ez azt nagyon volt szép csak kicsit miért hol ki ő jó""",
    "cs": """že jsem jsi ale jako když kde kdo proč moc krásná hezké dobrý není nebo už být""",
    "fi": """ei mitä että minä sinä hän tämä niin kun vain missä kuka miksi tosi hyvä ihana kaunis""",
    "nl": """de het een en is dat niet van ik je jij zijn wat wie waar met voor op heel mooi ook maar deze""",
}
# Language -> shares of a word's vote. A whole number of shares to a vote, so that sums do not depend on the order of words.
SHARES = 420
Votes: TypeAlias = "tuple[tuple[str, int], ...]"


def _votes() -> dict[str, Votes]:
    languages: dict[str, list[str]] = {}
    for language, words in _COMMON.items():
        for word in set(words.split()):
            languages.setdefault(word, []).append(language)
    # A word of one language says more than one of five.
    return {word: tuple((language, SHARES // len(found)) for language in found) for word, found in languages.items()}


_VOTES = _votes()
# A word's vote as one number, so that votes add up at once: a field of _BITS for each language, wide enough for all words that
# _LOOKED_AT characters hold.
_BITS = 20
_PLACES = {language: _BITS * place for place, language in enumerate(_COMMON)}
_PACKED = {word: sum(share << _PLACES[language] for language, share in found) for word, found in _VOTES.items()}
_packed = _PACKED.__getitem__


class _Voters(dict[str, "tuple[str, ...]"]):
    """Token between blanks -> the words in it that speak for a language. Keeps _KEPT_TOKENS tokens of usual length."""

    def __missing__(self, token: str) -> tuple[str, ...]:
        # Each mention is another one: none is worth keeping.
        if _ASIDE.fullmatch(token):
            return ()
        lower = token.lower() if token.isascii() else unicodedata.normalize("NFC", token).lower()
        if "@" in lower or "#" in lower or "[" in lower or "://" in lower:
            lower = _ASIDE.sub(" ", lower)
        found = tuple(dict.fromkeys(word for word in _WORD.findall(lower) if word in _VOTES))
        # Long tokens are rarely seen again.
        if len(token) <= _KEPT_LENGTH:
            if len(self) >= _KEPT_TOKENS:
                self.clear()
            self[token] = found
        return found


_voters = _Voters().__getitem__


def votes(word: str) -> Votes:
    """The languages, each with its share of one vote, for which a word in lower case speaks."""
    found = _VOTES.get(word)
    if found is None and not word.isascii() and _OTHER_SCRIPT.search(word):
        found = ((_by_script(word), SHARES),)
    return found or ()


def decided(counted: Mapping[str, int]) -> str:
    """The language with the most votes, or "und" where there are none. English wins a tie: most comments are English."""
    if not counted:
        return UNKNOWN
    best = max(counted.values())
    if counted.get("en") == best:
        return "en"
    if len(counted) == 1:
        return next(iter(counted))
    return next((language for language in _COMMON if counted.get(language) == best), "") or max(counted, key=counted.__getitem__)


def guess_language(text: str | None) -> str:
    """Two letters of ISO 639-1 ("tl" for Tagalog), or "und" where nothing tells. Looks at the first 1,000 characters."""
    if not text:
        return UNKNOWN
    text = text[:_LOOKED_AT]
    if not text.isascii():
        if "’" in text:
            text = text.replace("’", "'")
        others = len(_OTHER_SCRIPT.findall(text))
        if others >= _MIN_LETTERS_OF_SCRIPT and others * 2 >= len(_LATIN.findall(text)):
            return _by_script(text)
    return _by_words(text)


def _by_script(text: str) -> str:
    for language, letters in _SCRIPTS:
        if letters.search(text):
            return language
    return UNKNOWN


def _by_words(text: str) -> str:
    # A word has one vote however often it is said.
    return _by_votes(sum(map(_packed, set().union(*map(_voters, text.split())))))


@lru_cache(maxsize=65_536)
def _by_votes(packed: int) -> str:
    """`decided`; votes recur."""
    counted = {language: share for language, place in _PLACES.items() if (share := packed >> place & (1 << _BITS) - 1)}
    return decided(counted)
