"""Bodies of upstreams with a person's words, names, ids and addresses in places where nobody would look for them."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.spelling import spelled_out

ZERO_WIDTH = ("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200f")
_SYLLABLES = ("ka", "lo", "mi", "ru", "ten", "vas", "zil", "por", "gan", "dex", "фо", "ла", "ضح", "ك", "東", "ü")


@dataclass
class Somebody:
    """A person, and what was planted of them: `said`, `addresses` and `accounts` grow with every call that makes one."""

    dice: random.Random
    userid: str
    handle: str
    nickname: str
    secuid: str
    mark: str = ""  # stands in every word and address, so that one search finds all of them
    posts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)

    def words(self) -> str:
        """A sentence that nobody else says."""
        one = " ".join(self._word() for _ in range(self.dice.randint(1, 4)))
        self.said.append(one)
        return one

    def address(self, ending: str = "jpeg") -> str:
        """Where a picture or a video of them is."""
        own = f"{self.mark}{self.dice.getrandbits(64):016x}"
        self.addresses.append(own)
        return f"https://p16-sign.tiktokcdn.example/obj/{own}~c5_100x100.{ending}?x-expires=1"

    def account(self) -> str:
        """What they are called at another service."""
        self.accounts.append(f"{self._word()}.{self.mark}{self.dice.randrange(10**9):09d}")
        return self.accounts[-1]

    def post(self) -> str:
        """The id of one more post of theirs."""
        self.posts.append(f"79{self.dice.randrange(10**17):017d}")
        return self.posts[-1]

    def comment(self) -> str:
        """The id of one more comment of theirs."""
        self.comments.append(f"78{self.dice.randrange(10**17):017d}")
        return self.comments[-1]

    @property
    def names(self) -> list[str]:
        return [self.handle, self.nickname, self.secuid]

    @property
    def ids(self) -> list[str]:
        return [self.userid, *self.posts, *self.comments]

    def _word(self) -> str:
        return "".join(self.dice.choice(_SYLLABLES) for _ in range(5)) + self.mark + str(self.dice.randrange(100, 1000))


def somebody(dice: random.Random, *, telling: bool = True) -> Somebody:
    """Somebody new. With `telling` the handle has a point or an underscore, so that no text holds it as a word."""
    stem = "".join(dice.choice("abcdefghklmnoprstuvw") for _ in range(6))
    handle = stem + (
        dice.choice("._") + "".join(dice.choice("aeiou") + dice.choice("bdgkln") for _ in range(3)) if telling else "dance"
    )
    first, last = ("".join(dice.choice("aeioubdgkln") for _ in range(5)).capitalize() for _ in range(2))
    nickname = dice.choice([f"{first} {last}é", f"{first} 🌈 {last}", f"中村{first} {last}", f"{first} {last} ضحك"])
    secret = "".join(dice.choice("ABCDEFabcdef0123456789_-") for _ in range(20))
    return Somebody(dice, f"69{dice.randrange(10**17):017d}", handle, nickname, f"MS4wLjABAAAA{secret}z")


Plant = Callable[[Somebody, dict[str, Any]], None]


def _hidden(name: str, dice: random.Random) -> str:
    """A name with an invisible character inside."""
    at = dice.randrange(1, len(name))
    return name[:at] + dice.choice(ZERO_WIDTH) + name[at:]


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _entities(text: str) -> str:
    return "".join(f"&#{ord(sign)};" for sign in text)


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(sign):04x}" for sign in text if ord(sign) < 0x10000)


def _wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def _case(text: str, dice: random.Random) -> str:
    return "".join(dice.choice((str.upper, str.lower))(sign) for sign in text)


def _set(**fields: Callable[[Somebody], Any]) -> Plant:
    def plant(who: Somebody, item: dict[str, Any]) -> None:
        for name, make in fields.items():
            item[name] = make(who)

    return plant


def _video(who: Somebody, item: dict[str, Any]) -> None:
    item.setdefault("video", {}).update(
        playAddr=who.address("mp4"),
        downloadAddr=who.address("mp4"),
        cover=who.address(),
        dynamicCover=who.address("webp"),
        zoomCover={"240": who.address(), "720": who.address()},
        bitrateInfo=[{"Bitrate": 1, "QualityType": 20, "PlayAddr": {"UrlList": [who.address("mp4")], "Uri": who.address()}}],
        subtitleInfos=[{"Url": who.address("vtt"), "LanguageCodeName": "eng-US", "Format": "webvtt", "UrlExpire": 1}],
    )


def _person(who: Somebody, item: dict[str, Any]) -> None:
    for name in ("author", "user"):
        if isinstance(item.get(name), dict):
            item[name] |= {
                "signature": f"{who.words()} {who.dice.randrange(9)}.{who.account()}@mail.example",
                "bioLink": {"link": f"{who.dice.choice(['https://l.example', 'linktr.ee'])}/{who.account()}", "risk": 0},
                "website": f"{who.account()}.example",
                "contact": f"mailto:{who.account()}@mail.example",
                "whatsappNumber": who.account(),
                "real_name": who.nickname,
                "twitter": {"id": who.account(), "followers": 12},
                "search_user_desc": who.words(),
                "predicted_age_group": 3,
                "avatar_thumb": {"uri": who.address(), "url_list": [who.address(), who.address("webp")], "width": 720},
                "avatarLarger": who.address(),
                "cover_url": [{"url_list": [who.address()]}],
                "ins_id": f"{who.handle}.ig",
                "customVerify": who.words(),
                "unique_id_modify_time": 1700000000,
            }


# In what they made themselves: words, names, ids and addresses.
OWN: dict[str, Plant] = {
    "share_info": _set(
        share_info=lambda who: {"desc": f"{who.nickname}'s comment: {who.words()}", "title": who.words(), "url": who.address()}
    ),
    "shareMeta": _set(
        shareMeta=lambda who: {"title": f"{who.handle} on TikTok", "desc": f"12 Likes. {who.nickname}: {who.words()}"}
    ),
    "music": _set(
        music=lambda who: {
            "id": "7300000000000000001",
            "title": f"original sound - {who.handle}",
            "author": who.nickname,
            "authorName": who.nickname,
            "ownerHandle": who.handle,
            "owner_nickname": who.nickname,
            "coverLarge": who.address(),
            "playUrl": who.address("mp3"),
            "duration": 15,
        }
    ),
    "share_title": _set(
        share_info=lambda who: {
            "share_title": f"{who.nickname} (@{who.handle}) on TikTok",
            "share_desc": f"{who.nickname}'s video",
            "share_link_desc": f"{who.nickname} on TikTok",
        }
    ),
    "other sounds": _set(
        musicInfos=lambda who: {"musicName": f"original sound - {who.handle}", "authorName": who.nickname},
        added_sound_music_info=lambda who: {"title": f"son original - {who.nickname}", "owner_handle": who.handle},
    ),
    "of another type": _set(
        maker=lambda who: {"nickname": {"text": who.nickname}, "instagram": [{"name": who.account()}], "uniqueId": who.handle}
    ),
    "textExtra": _set(
        textExtra=lambda who: [
            {"userUniqueId": who.handle, "secUid": who.secuid, "userId": who.userid, "start": 0, "end": 5},
            {"hashtagName": "fyp", "userId": "", "userUniqueId": "", "type": 1},
        ]
    ),
    "contents": _set(contents=lambda who: [{"desc": f"{who.words()} #fyp", "textExtra": [{"awemeId": "", "hashtagName": "fyp"}]}]),
    "anchors": _set(
        anchors=lambda who: [
            {"keyword": who.words(), "extraInfo": json.dumps({"name": who.words()}), "icon": {"urlList": [who.address()]}}
        ]
    ),
    "duetInfo": _set(duetInfo=lambda who: {"duetFromId": "0", "duetFromUserName": who.handle, "text": who.words()}),
    "stickersOnItem": _set(stickersOnItem=lambda who: [{"stickerText": [who.words(), who.words()], "stickerType": 4}]),
    "video": _video,
    "person": _person,
    "poi": _set(poi=lambda who: {"name": who.words(), "address": who.words(), "id": "229", "lat": 54.3213, "lng": "10.1349"}),
    "label_list": _set(label_list=lambda who: [{"type": 1, "text": who.words()}], labels=lambda who: [who.words()]),
    "suggested": _set(
        suggestedWords=lambda who: [who.words()], videoSuggestWordsList=lambda who: {"words": [{"word": who.words()}]}
    ),
    "json in a string": _set(extra=lambda who: json.dumps({"author": who.handle, "q": who.words(), "id": who.userid})),
    "json in json": _set(log_extra=lambda who: json.dumps({"inner": json.dumps([who.nickname, who.words()])})),
    "keys": _set(
        users=lambda who: {who.handle: {"uniqueId": who.handle, "id": who.userid, "nickname": who.nickname}},
        stats_by_user=lambda who: {who.userid: {"followerCount": 5}, who.secuid: 1, f"{who.words()} !": True},
    ),
    "slides": _set(
        imagePost=lambda who: {"images": [{"imageURL": {"urlList": [who.address()]}, "imageWidth": 9}], "title": who.words()}
    ),
    "effects": _set(effectStickers=lambda who: [{"name": who.words(), "ID": "12"}], aigcDescription=lambda who: who.words()),
    "contact": _set(
        contact=lambda who: {"email": f"{who.handle}@mail.example", "whatsapp": who.words(), "displayName": who.nickname}
    ),
    "places": _set(
        locationText=lambda who: who.words(), city=lambda who: who.words(), ContentLocation=lambda who: {"addr": who.words()}
    ),
    "depth": _set(a=lambda who: {"b": [{"c": {"d": [[who.words(), who.handle], {"e": who.nickname}]}}]}),
    "long": _set(transcript=lambda who: f"{who.words()} " * 400),
    "right to left": _set(note=lambda who: f"\u202e{who.words()}\u202c ضحك {who.nickname}"),
    "empty": _set(note2=lambda who: "", note3=lambda who: "\u200b", note4=lambda who: None),
    "percent": _set(shareUrl=lambda who: f"https://www.tiktok.com/%40{_percent(who.handle)}/video/1?sec_uid={quote(who.secuid)}"),
    "entities": _set(html=lambda who: f"<a href='x'>{_entities(who.nickname)}</a> {_entities(who.words())}"),
    "escapes": _set(js=lambda who: f"'{_escaped(who.handle)}' {_escaped(who.words())}"),
    "invisible": _set(seo=lambda who: f"{_hidden(who.handle, who.dice)} {_hidden(who.nickname, who.dice)}"),
    "case": _set(search=lambda who: f"{_case(who.handle, who.dice)} / {who.nickname.upper()}"),
    "wide": _set(wide=lambda who: f"{_wide(who.handle)} {unicodedata.normalize('NFD', who.nickname)}"),
    "guesses": _set(predicted_age_group=lambda who: who.words(), interestTags=lambda who: [who.words()], gender=lambda who: 2),
    "caption": lambda who, item: _caption(who, item),
}


def _caption(who: Somebody, item: dict[str, Any]) -> None:
    for name in ("desc", "title", "text"):
        if isinstance(item.get(name), str):
            item[name] += f" {who.words()} {who.nickname} #{who.handle.replace('.', '')}"


def _say(*ways: Callable[[Somebody], str]) -> Plant:
    """In the words of somebody else, whatever the field is called."""

    def plant(who: Somebody, item: dict[str, Any]) -> None:
        for name in ("desc", "title", "text"):
            if isinstance(item.get(name), str):
                item[name] += " " + who.dice.choice(ways)(who)

    return plant


# In what others made: there the person is named, not more. What stands around it stays.
OTHERS: dict[str, Plant] = {
    "mention": _say(lambda who: f"@{who.handle}", lambda who: f"@{who.handle.upper()}.", lambda who: f"(@{who.handle})"),
    "mention without a blank": _say(
        lambda who: f"あ@{who.handle}",
        lambda who: f"#vlog@{who.handle}",
        lambda who: f"a.@{who.handle}",
        lambda who: f"@{who.handle}さん",
    ),
    "hidden mention": _say(
        lambda who: f"@{_hidden(who.handle, who.dice)}", lambda who: f"&#64;{who.handle}", lambda who: f"%40{_percent(who.handle)}"
    ),
    "wide mention": _say(
        lambda who: f"＠{who.handle}", lambda who: f"@{_wide(who.handle)}", lambda who: f"\\u0040{_escaped(who.handle)}"
    ),
    "right to left": _say(lambda who: f"\u202b@{who.handle}\u202c ضحك", lambda who: f"\u2067@\u200f{who.handle}\u2069"),
    "profile": _say(lambda who: f"https://www.tiktok.com/@{who.handle}?sec_uid={who.secuid}&u={who.userid}"),
    "textExtra": OWN["textExtra"],
    "reply to": _set(
        reply_to_userid=lambda who: who.userid, reply_to_username=lambda who: who.handle, replyToUserUniqueId=lambda who: who.handle
    ),
    "reply to a nickname": _set(
        reply_to_userid=lambda who: who.userid, reply_to_username=lambda who: who.nickname, replyToNickname=lambda who: who.nickname
    ),
    "sound": _set(
        music=lambda who: {"id": "7", "title": f"original sound - {who.nickname}", "authorName": who.nickname},
        musicInfos=lambda who: {"musicName": f"sonido original - {who.nickname}"},
    ),
    "called": _say(lambda who: f"@{who.nickname} hi", lambda who: f"(@{who.nickname}, @{who.nickname.upper()})"),
    "number": _set(mentioned=lambda who: [int(who.userid)], parentAuthor=lambda who: {"id": int(who.userid)}),
    "nested": lambda who, item: item.update(
        reply_comment=[
            {
                "cid": who.comment(),
                "text": who.words(),
                "user": {"uid": who.userid, "unique_id": who.handle, "nickname": who.nickname},
            }
        ]
    ),
    "duet": _set(
        duetInfo=lambda who: {"duetFromId": "0", "author": {"id": who.userid, "uniqueId": who.handle, "signature": who.words()}}
    ),
    "key": _set(seen_by=lambda who: {who.handle: {"id": who.userid, "uniqueId": who.handle}, who.secuid: 1}),
    "json": _set(log=lambda who: json.dumps({"to": f"@{who.handle}", "user": {"userId": who.userid, "nickname": who.nickname}})),
}


def other_post(dice: random.Random, number: int) -> dict[str, Any]:
    """A post of somebody who is not planted, as TikAPI gives it."""
    other = somebody(dice)
    return tikapi_post(other, other.post(), f"a nice day {number} #fyp")


def tikapi_post(who: Somebody, post: str, desc: str) -> dict[str, Any]:
    """A post as TikAPI gives it."""
    dice = who.dice
    counters = {name: dice.randrange(10**7) for name in ("playCount", "diggCount", "commentCount", "shareCount", "collectCount")}
    return {
        "id": post,
        "desc": desc,
        "createTime": 1764000000 + dice.randrange(10**6),
        "locationCreated": dice.choice(["DE", "US", "JP"]),
        "textLanguage": "en",
        "author": {"id": who.userid, "uniqueId": who.handle, "nickname": who.nickname, "secUid": who.secuid, "verified": False},
        "authorStats": {"followerCount": dice.randrange(10**6), "heart": 12},
        "authorStatsV2": {"followerCount": str(dice.randrange(10**6))},
        "stats": counters,
        "statsV2": {name: str(count) for name, count in counters.items()},
        "video": {"duration": dice.randrange(5, 60), "ratio": "720p", "format": "mp4", "playAddr": who.address("mp4")},
        "challenges": [{"id": "229207", "title": "fyp"}],
    }


def tikapi_comment(who: Somebody, comment: str, post: str, text: str) -> dict[str, Any]:
    """A comment as TikAPI gives it."""
    user = {"uid": who.userid, "unique_id": who.handle, "nickname": who.nickname, "sec_uid": who.secuid, "region": "DE"}
    fixed = {"reply_id": "0", "comment_language": "en", "create_time": 1764000000 + who.dice.randrange(10**6)}
    counts = {"digg_count": who.dice.randrange(1000), "reply_comment_total": who.dice.randrange(9)}
    return {"cid": comment, "aweme_id": post, "text": text, "user": user, **fixed, **counts}


def tikliveapi_post(who: Somebody, post: str, title: str) -> dict[str, Any]:
    """A post as TikLiveAPI gives it."""
    names = ("play_count", "digg_count", "comment_count", "share_count", "download_count", "collect_count")
    return {
        "aweme_id": post,
        "region": "US",
        "title": title,
        "duration": who.dice.randrange(5, 60),
        **{name: who.address("mp4") for name in ("play", "wmplay", "hdplay")},
        **{name: who.dice.randrange(10**7) for name in names},
        "create_time": 1764000000 + who.dice.randrange(10**6),
        "author_id": who.userid,
        "author": {"id": who.userid, "uniqueId": who.handle, "nickname": who.nickname, "avatar_url": who.address()},
        "music_info": {"id": "1", "title": f"original sound - {who.nickname}", "author": who.nickname},
    }


def readings(output: bytes) -> str:
    """All that output says, to whomever reads it: as it is, out of JSON's escapes, and in its plain form. In lower case."""
    text = output.decode("utf-8", "surrogateescape")
    with suppress(ValueError):
        text = f"{text}\n{json.dumps(json.loads(text), ensure_ascii=False)}"
    return f"{text}\n{spelled_out(text)}".lower()


def left(output: bytes, values: Sequence[str]) -> list[str]:
    """Which of `values` can still be read in `output`."""
    read = readings(output)
    return [value for value in values if value.lower() in read or spelled_out(value).lower() in read]
