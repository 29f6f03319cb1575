"""One grammar of @mentions: what is one, and which part of it may be a handle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mentions import mentions, replace_in_sentence, replace_mentions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@a.b_c hi @Zoë. me@mail.com @", ["@a.b_c", "@Zoë"]),
        ("(@bob), https://x/@bob/video @bob...", ["@bob", "@bob", "@bob"]),
        ("@ bob", []),
        ("@@bob", ["@bob"]),
        ("あ@handle_x", ["@handle_x"]),
        ("#vlog@handle_x #a@b.c", ["@handle_x", "@b.c"]),
        ("a.@handle_x", ["@handle_x"]),
        ("見て@ada.l！ so good🔥@bob ضحك@cy", ["@ada.l", "@bob", "@cy"]),
        ("thanks@bob me@mail me@mail_x.com", ["@bob", "@mail", "@mail_x.com"]),
        ("連絡はme@mail.comです, first.last+tag@mail.co.uk. a_b@x-y.de", []),
        ("あ@mail.com, .@mail.com a..b@mail.com", ["@mail.com", "@mail.com", "@mail.com"]),
        ("\u202b@bob\u202c \u200f@ada", ["@bob", "@ada"]),
        ("", []),
    ],
)
def test_mentions(text: str, found: list[str]) -> None:
    assert mentions(text) == found


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("hi @bob!", "hi @X!"),
        ("@BOB. @bob...yes", "@X. @X...yes"),
        ("@bob你好 你好@bob thanks@bob", "@X你好 你好@X thanks@X"),
        ("https://x.example/@bob?a=1", "https://x.example/@X?a=1"),
        ("@bobsled @bob.smith @not_bob @bob_2 bob", "@bobsled @bob.smith @not_bob @bob_2 bob"),
    ],
)
def test_a_known_handle_goes_wherever_it_is_marked(text: str, cleaned: str) -> None:
    assert replace_mentions(text, lambda name: "X" if name.lower() == "bob" else None) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("original sound - ada.l", "original sound - X"),
        ("sonido original - Ada L ", "sonido original - X "),
        ("Ada L's video", "X's video"),
        ("Ada L (@ada.l) on TikTok", "X (@ada.l) on TikTok"),
        ("Ada L on TikTok", "X on TikTok"),
        ("user.id: expected an id, found 'ada.l'", "user.id: expected an id, found 'X'"),
        ("ada.l is a song of ada.l", "ada.l is a song of ada.l"),
        ("original sound - ada.lovelace", "original sound - ada.lovelace"),
    ],
)
def test_names_in_sentences_stand_where_services_put_them(text: str, cleaned: str) -> None:
    assert replace_in_sentence(text, lambda name: "X" if name.lower() in ("ada.l", "ada l") else None) == cleaned


@given(st.text(alphabet="@.ab_ é你"))
def test_what_is_not_replaced_stays_as_it_is(text: str) -> None:
    assert replace_mentions(text, lambda name: None) == text
    everything = replace_mentions(text, lambda name: "")
    assert mentions(everything) == []
