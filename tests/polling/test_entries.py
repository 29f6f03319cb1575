"""What people paste is read as what they meant, or refused with a reason."""

from __future__ import annotations

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.upstream.model import Subject
from polling.watching.entries import Named, creator, hashtag, named, post, read_link

POST = "7106594312292453678"
USER = "6784819479778378757"
SEC_UID = "MS4wLjABAAAAv7iSuuXDJGDvJkmH_vz1qkDZYo1apxgzaxdBSeIuPiM"
PROFILES = [
    "https://www.tiktok.com/@Ada.Lovelace_1",
    "https://www.tiktok.com/@ada.lovelace_1/",
    "http://tiktok.com/@ada.lovelace_1",
    "www.tiktok.com/@ada.lovelace_1",
    "tiktok.com/@ada.lovelace_1?lang=en",
    "HTTPS://WWW.TIKTOK.COM/@ada.lovelace_1",
    " https://www.tiktok.com/@ada.lovelace_1?is_from_webapp=1&sender_device=pc ",
    "https://www.tiktok.com/@ada.lovelace_1?_t=8abcDEF&_r=1",
    "https://www.tiktok.com/@ada.lovelace_1?lang=de-DE#videos",
    "https://m.tiktok.com/@ada.lovelace_1?u_code=d1&language=en&utm_source=copy",
    "https://us.tiktok.com/@ada.lovelace_1",
    "https://www.tiktok.com/@ada.lovelace_1/live",
    "https://www.tiktok.com/@ada.lovelace_1/live?enter_from=discover",
    "https://www.tiktok.com/%40ada.lovelace_1",
    "https://www.tiktok.com:443/@ada.lovelace_1",
]
POSTS = [
    f"https://www.tiktok.com/@ada/video/{POST}",
    f"https://www.tiktok.com/@ada/video/{POST}?is_from_webapp=1&sender_device=pc&web_id=7200000000000000000",
    f"https://www.tiktok.com/@ada/video/{POST}?q=cats%20and%20dogs&t=1700000000000",
    f"https://www.tiktok.com/@ada/video/{POST}/",
    f"https://www.tiktok.com/@ada/photo/{POST}?lang=en",
    f"https://www.tiktok.com/@/video/{POST}?_r=1&_t=8abc",
    f"https://www.tiktok.com/@{SEC_UID}/video/{POST}",
    f"www.tiktok.com/@ada/video/{POST}",
    f"https://m.tiktok.com/v/{POST}.html?u_code=0&preview_pb=0&share_app_id=1233",
    f"https://m.tiktok.com/v/{POST}",
    f"https://vm.tiktok.com/v/{POST}.html",
    f"https://vm.tiktok.com/ZMabcdEFG/?share_item_id={POST}&share_app_name=musically",
    f"https://m.tiktok.com/h5/share/video/?item_id={POST}",
    f"https://www.tiktok.com/share/video/{POST}",
    f"https://www.tiktokv.com/share/video/{POST}/",
    f"https://www.tiktok.com/i18n/share/video/{POST}/?region=US",
    f"https://www.tiktok.com/embed/{POST}",
    f"https://www.tiktok.com/embed/v2/{POST}?lang=en-GB",
    f"https://www.tiktok.com/player/v1/{POST}?music_info=1",
    f"https://www.tiktok.com/foryou?is_copy_url=1&is_from_webapp=v1&item_id={POST}",
    f"https://www.tiktok.com/foryou?lang=en#/@ada/video/{POST}",
    f"https://www.tiktok.com/%40ada/video/{POST}",
]


@pytest.mark.parametrize("link", PROFILES)
def test_links_of_profiles(link: str) -> None:
    assert named(link) == Named(Subject.CREATOR, "@ada.lovelace_1")
    assert creator(link) == "@ada.lovelace_1"


@pytest.mark.parametrize("link", POSTS)
def test_links_of_posts(link: str) -> None:
    assert named(link) == Named(Subject.POST, POST)
    assert post(link) == POST


def test_the_link_of_a_post_says_by_whom() -> None:
    assert read_link(POSTS[0]).author == "@ada"
    assert read_link(f"https://m.tiktok.com/v/{POST}.html").author == ""


@pytest.mark.parametrize(
    ("link", "found"),
    [
        (f"https://www.tiktok.com/share/user/{USER}?sec_user_id={SEC_UID}", Named(Subject.CREATOR, USER)),
        (f"https://m.tiktok.com/h5/share/usr/{USER}.html?_d=abc", Named(Subject.CREATOR, USER)),
        (f"https://www.tiktok.com/@{SEC_UID}?lang=en", Named(Subject.CREATOR, SEC_UID)),
        ("https://www.tiktok.com/tag/Books?lang=en", Named(Subject.HASHTAG, "Books")),
        (f"https://www.tiktok.com/tag/{quote('Bücher')}/", Named(Subject.HASHTAG, "Bücher")),
    ],
)
def test_other_links(link: str, found: Named) -> None:
    assert named(link) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://vm.tiktok.com/ZMabcdEFG/", "is a short link, in which there is no id: open it in a browser"),
        ("https://vt.tiktok.com/ZSabc/?k=1", "is a short link"),
        ("https://www.tiktok.com/t/ZTabc123/", "is a short link"),
        ("vm.tiktok.com/ZMabcdEFG", "is a short link"),
        ("https://www.tiktok.com/", "leads to no creator, post or hashtag"),
        ("https://www.tiktok.com/foryou", "leads to no creator"),
        ("https://www.tiktok.com/@ada/playlist/x-7100000000000000000", "leads to no creator"),
        ("https://www.tiktok.com/music/original-sound-7100000000000000000", "leads to no creator"),
        ("https://www.tiktok.com/@ada/video/", "leads to no creator"),
        ("https://example.com/@ada", "is not a link of tiktok.com"),
        (f"https://tiktok.com.example.com/@ada/video/{POST}", "is not a link of tiktok.com"),
        ("https://www.tiktok.com@example.com/@ada", "is not a link of tiktok.com"),
        ("https://nottiktok.com/@ada", "is not a link of tiktok.com"),
        ("javascript://tiktok.com/@ada", "is not a link of tiktok.com"),
        ("https://[tiktok.com/@ada", "Invalid IPv6|is not a link"),
        ("@", "is not a handle"),
        ("@ada!", "is not a handle"),
        ("@ada.", "is not a handle"),
        ("@12345", "is not a handle"),
        ("@ada lovelace", "is not a handle"),
        ("#", "is not the name of a hashtag"),
        ("#a b", "is not the name of a hashtag"),
        (USER, "may be the id of a creator or of a post"),
        ("ada", "write a creator as @name, a hashtag as #name"),
        ("", "an empty entry"),
    ],
)
def test_what_says_nothing_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        named(text)


def test_lists_take_what_is_theirs() -> None:
    assert [creator(text) for text in (USER, SEC_UID, "@Ada")] == [USER, SEC_UID, "@ada"]
    assert [hashtag(text) for text in ("books", "#books", "＃books", "2024")] == ["books", "books", "books", "2024"]
    with pytest.raises(ValueError, match="is the link of a post: it belongs to `posts`"):
        creator(POSTS[0])
    with pytest.raises(ValueError, match="is the link of a creator: it belongs to `creators`"):
        post(PROFILES[0])
    with pytest.raises(ValueError, match='is not a handle like "@ada", an id'):
        creator("ada")
    with pytest.raises(ValueError, match="is not a numeric id"):
        post("@ada")


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(ValueError, match=r"x\.\.\.' ") as raised:
        named(f"https://www.tiktok.com/{'x' * 5_000}")
    assert len(str(raised.value)) < 200


handles = st.text(string.ascii_letters + string.digits + "._", min_size=1, max_size=24).filter(
    lambda name: not name.endswith(".") and not name.isdecimal()
)
parameters = st.dictionaries(
    st.sampled_from(["lang", "_t", "_r", "is_from_webapp", "q", "u_code"]), st.text(max_size=12), max_size=4
)


@given(handles, parameters, st.integers(10**17, 10**19), st.sampled_from(["www.", "m.", ""]), st.booleans())
def test_any_link_with_any_query_leads_where_its_path_does(
    handle: str, query: dict[str, str], number: int, host: str, secure: bool
) -> None:
    given_query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in query.items())
    base = f"http{'s' if secure else ''}://{host}tiktok.com/@{handle}"
    assert named(f"{base}?{given_query}") == Named(Subject.CREATOR, f"@{handle.lower()}")
    assert named(f"{base}/video/{number}?{given_query}") == Named(Subject.POST, str(number))


@given(st.text(max_size=60))
def test_no_text_is_more_than_an_error(text: str) -> None:
    for read in (named, creator, post, hashtag):
        try:
            read(text)
        except ValueError:
            continue
