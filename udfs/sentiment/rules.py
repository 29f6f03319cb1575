"""The constants of VADER's rules (Hutto and Gilbert 2014, release 3.3.2). They are measured: changing one changes every score."""

from __future__ import annotations

BOOST = 0.293
CAPITALS = 0.733
NEGATION = -0.74
NEVER_SO = 1.25
SECOND_WORD, THIRD_WORD = 0.95, 0.9
BEFORE_BUT, AFTER_BUT = 0.5, 1.5
EXCLAMATION, MAX_EXCLAMATIONS = 0.292, 4
QUESTION, MAX_QUESTIONS, MANY_QUESTIONS = 0.18, 3, 0.96
ALPHA = 15

_NEGATIONS = """
    aint arent cannot cant couldnt darent didnt doesnt ain't aren't can't couldn't daren't didn't doesn't dont hadnt hasnt
    havent isnt mightnt mustnt neither don't hadn't hasn't haven't isn't mightn't mustn't neednt needn't never none nope nor
    not nothing nowhere oughtnt shant shouldnt uhuh wasnt werent oughtn't shan't shouldn't uh-uh wasn't weren't without wont
    wouldnt won't wouldn't rarely seldom despite
    """
NEGATIONS = frozenset(_NEGATIONS.split())

_STRONGER = """
    absolutely amazingly awfully completely considerable considerably decidedly deeply effing enormous enormously entirely
    especially exceptional exceptionally extreme extremely fabulously flipping flippin frackin fracking fricking frickin
    frigging friggin fully fuckin fucking fuggin fugging greatly hella highly hugely incredible incredibly intensely major
    majorly more most particularly purely quite really remarkably so substantially thoroughly total totally tremendous
    tremendously uber unbelievably unusually utter utterly very
    """
_WEAKER = """
    almost barely hardly kinda kindof kind-of less little marginal marginally occasional occasionally partly scarce scarcely
    slight slightly somewhat sorta sortof sort-of
    """
BOOSTERS = dict.fromkeys(_STRONGER.split(), BOOST) | dict.fromkeys(_WEAKER.split(), -BOOST)
# Only these have more than one word; VADER never turns their sign.
BOOSTER_PAIRS = dict.fromkeys(("just enough", "kind of", "sort of"), -BOOST)

IDIOMS = {
    "the shit": 3.0,
    "the bomb": 3.0,
    "bad ass": 1.5,
    "bus stop": 0.0,
    "yeah right": -2.0,
    "kiss of death": -1.5,
    "to die for": 3.0,
    "beating heart": 3.5,
}
IDIOM_WORDS = frozenset(word for phrase in (*IDIOMS, *BOOSTER_PAIRS) for word in phrase.split())
# Texts with none of these words change no valence: one word of each phrase is enough to tell that it may be there.
ALTERING_WORDS = frozenset(
    ("no", "so", "this", "least", "but", *(max(phrase.split(), key=len) for phrase in (*IDIOMS, *BOOSTER_PAIRS)))
)
