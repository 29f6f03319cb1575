"""What somebody means who searches, and what is found for them: fast among a million posts, and never by a masked name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import psutil
import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given
from hypothesis import strategies as st

from connectors.clickhouse.client import connect
from connectors.paths import SQL_DIR
from dashboards.finding import Wanted, wanted
from dashboards.model import load_pages
from dashboards.run import Boards, FilterError
from tests.clickhouse_front.conftest import READER, FrontProcess
from tests.dashboards.conftest import migrated

POST, CREATOR = "7106594312292453675", "6784819479778378757"
AT = datetime(2026, 3, 10, tzinfo=UTC)
MILLION = 1_000_000


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (f" {POST} ", Wanted(post=POST, creator=POST)),
        ("@Ada.L", Wanted(handle="ada.l")),
        ("Ada", Wanted(handle="ada", words=("ada",))),
        ("#Cats", Wanted(words=("#cats",))),
        ("two cats at dawn", Wanted(words=("cats", "dawn", "two"))),
        (f"https://www.tiktok.com/@ada.l/video/{POST}?is_from_webapp=1&sender_device=pc", Wanted(post=POST)),
        (f"https://www.tiktok.com/@/video/{POST}", Wanted(post=POST)),
        (f"tiktok.com/@ada/photo/{POST}", Wanted(post=POST)),
        (f"https://m.tiktok.com/v/{POST}.html", Wanted(post=POST)),
        ("https://www.tiktok.com/@Ada.L?lang=de", Wanted(handle="ada.l", exact=True)),
        ("https://www.tiktok.com/%40ada", Wanted(handle="ada", exact=True)),
    ],
)
def test_what_a_text_means(text: str, meant: Wanted) -> None:
    assert wanted(text) == meant


@pytest.mark.parametrize(
    "text", ["", " ", "a", "@a", "#", "x" * 301, "https://vm.tiktok.com/ZMabc/", "https://www.tiktok.com/t/ZTab/"]
)
def test_what_says_too_little_is_refused(text: str) -> None:
    with pytest.raises(FilterError):
        wanted(text)


@given(st.text(min_size=2, max_size=40))
def test_signs_of_like_are_letters_like_others(text: str) -> None:
    try:
        values = wanted(text).parameters(5)
    except FilterError:
        return
    for name in ("first", "second", "third", "like_handle", "like_name"):
        inner = re.sub(r"\\[\\%_]", "", values[name].removeprefix("%").removesuffix("%") if values[name] != "%" else "")
        assert not re.search(r"[\\%_]", inner)


@pytest.fixture(scope="module")
def found_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess]:
    with migrated(tmp_path_factory.mktemp("found")) as running:
        yield running


@pytest.fixture(scope="module")
def boards(found_front: FrontProcess) -> Iterator[Boards]:
    """Of the reader, over few posts and accounts; `ada.l` and `x_y` were opted in, the others were not."""
    writer = connect(found_front.url())
    fill(writer)
    reader = connect(found_front.url(READER, "tokpulse_shared"))
    yield Boards(reader, "", load_pages())
    for client in (writer, reader):
        client.close()


def fill(client: Client) -> None:
    accounts = [
        ("1001", "Ada.L", "Ada Lovelace", 900),
        ("1002", "masked.one", "Secret Person", 800),
        ("1003", "x_y", "Ex Why", 700),
        ("1004", "xzy", "Ex Zett", 600),
    ]
    client.insert(
        "user_observations_log",
        [[userid, handle, name, followers, AT] for userid, handle, name, followers in accounts],
        column_names=["userid", "unique_id", "nickname", "follower_count", "observed_at"],
    )
    decided = [["ada.l", "1001", 1, AT], ["", "1003", 1, AT]]
    client.insert("opted_in", decided, column_names=["unique_id", "userid", "is_opted_in", "decided_at"])
    posts = [
        ("70001", "1001", "Two cats at DAWN #cats", 50),
        ("70002", "1002", "Dawn of the dogs with @masked.one and @ada.l", 70),
        ("70003", "1003", "100% wool, see https://example.org/masked.one", 10),
        ("70004", "1002", "1000 wool", 20),
        ("70005", "9999", "", 5),
    ]
    client.insert(
        "post_observations_log",
        [[post, author, title, plays, AT] for post, author, title, plays in posts],
        column_names=["aweme_id", "author_id", "title", "play_count", "ingested_at"],
    )
    # A title that was changed: found by the new one and the old one, shown as it is now.
    changed = [["70004", "1002", "1000 woollen hats", 25, AT.replace(hour=2)]]
    client.insert("post_observations_log", changed, column_names=["aweme_id", "author_id", "title", "play_count", "ingested_at"])


def creators(boards: Boards, text: str) -> list[tuple[str, str]]:
    found = boards.find("creators", wanted(text).parameters(10))
    return [(row[0], row[1]) for row in found.rows]


def posts(boards: Boards, text: str) -> list[tuple[str, str, str]]:
    found = boards.find("posts", wanted(text).parameters(10))
    return [(row[0], row[1], row[3]) for row in found.rows]


@pytest.mark.clickhouse
@pytest.mark.parametrize("text", ["@ada", "@ADA.L", "ada.l", "lovelace", "https://www.tiktok.com/@ada.l"])
def test_a_creator_is_found_by_the_name_that_may_be_seen(boards: Boards, text: str) -> None:
    assert creators(boards, text) == [("1001", "Ada.L")]


@pytest.mark.clickhouse
@pytest.mark.parametrize("text", ["@masked.one", "masked", "secret", "Secret Person", "https://www.tiktok.com/@masked.one", "xzy"])
def test_nobody_is_found_by_a_masked_name(boards: Boards, text: str) -> None:
    assert creators(boards, text) == []
    assert posts(boards, text) == []


@pytest.mark.clickhouse
def test_by_id_everybody_is_found_and_stays_masked(boards: Boards) -> None:
    meant = Wanted(creator="1002", post="1002").parameters(10)
    assert [row[:3] for row in boards.find("creators", meant).rows] == [("1002", "[masked]", "[masked]")]


@pytest.mark.clickhouse
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dawn", ["70002", "70001"]),
        ("cats dawn", ["70001"]),
        ("#cats", ["70001"]),
        ("dawn cats dogs", []),
        ("100%", ["70003"]),
        ("x_y", ["70003"]),
        ("woollen", ["70004"]),
        ("1000 wool", ["70004"]),
        ("https://www.tiktok.com/@who.ever/video/70002", ["70002"]),
        ("70005", ["70005"]),
        ("@ada.l", ["70001"]),
        ("example", []),
        ("'; DROP TABLE post_titles --", []),
    ],
)
def test_posts_are_found(boards: Boards, text: str, expected: list[str]) -> None:
    assert [post for post, _, _ in posts(boards, text)] == expected


@pytest.mark.clickhouse
def test_a_post_is_shown_as_it_is_now_without_names_of_others(boards: Boards) -> None:
    assert posts(boards, "1000 wool") == [("70004", "1000 woollen hats", "[masked]")]
    assert posts(boards, "dawn dogs") == [("70002", "Dawn of the dogs with [name] and [name]", "[masked]")]
    assert posts(boards, "two cats") == [("70001", "Two cats at DAWN #cats", "Ada.L")]


@pytest.mark.clickhouse
def test_whose_handle_it_is(boards: Boards) -> None:
    owners = {handle: boards.find("creator_of_handle", {"handle": handle}).rows for handle in ("ada.l", "masked.one", "x%y")}
    assert owners == {"ada.l": (("1001",),), "masked.one": (), "x%y": ()}


@pytest.mark.clickhouse
@pytest.mark.timeout(300)
def test_a_million_posts_are_searched_in_well_under_a_second(tmp_path_factory: pytest.TempPathFactory) -> None:
    with migrated(tmp_path_factory.mktemp("million")) as running:
        writer, reader = connect(running.url(), 120), connect(running.url(READER, "tokpulse_shared"))
        _fill_a_million(writer)
        boards = Boards(reader, "", load_pages())
        for text in ("@creator.4711", "word777 rare777777", "fyp", "7200000000000123456", "https://www.tiktok.com/@creator.17"):
            values = wanted(text).parameters(8)
            best = min(_seconds(running, boards, values) for _ in range(3))
            assert best < 1.0, f"{text}: {best:.2f} s"
        assert [row[0] for row in boards.find("posts", wanted("rare777777").parameters(8)).rows] == ["7200000000000777777"]
        for client in (writer, reader):
            client.close()


def _fill_a_million(client: Client) -> None:
    """200,000 accounts, of which every hundredth was opted in; five posts each."""
    accounts, opted_in = MILLION // 5, MILLION // 500
    statements = [
        """
        INSERT INTO user_observations_log (userid, unique_id, nickname, follower_count, observed_at)
        SELECT toString(6800000000 + number), concat('creator.', toString(number)), concat('N ', toString(number)), number, now64(3)
        """,
        """
        INSERT INTO opted_in (unique_id, userid, is_opted_in, decided_at)
        SELECT '', toString(6800000000 + number * 100), 1, now64(3)
        """,
        """
        INSERT INTO post_observations_log (aweme_id, author_id, title, play_count, ingested_at)
        SELECT
            toString(7200000000000000000 + number),
            toString(6800000000 + number % 200000),
            concat('With word', toString(number % 1000), ' rare', toString(number), ' by @somebody #fyp #t', toString(number % 50)),
            number,
            now64(3)
        """,
    ]
    for statement, rows in zip(statements, (accounts, opted_in, MILLION), strict=True):
        client.command(f"{statement} FROM numbers({rows})")


def _seconds(running: FrontProcess, boards: Boards, values: dict[str, object]) -> float:
    """What the engine spends of its processors, which does not depend on what else the machine does."""
    assert running.process is not None
    engine = psutil.Process(running.process.pid)
    before = sum(engine.cpu_times()[:2])
    for query in ("creators", "posts"):
        boards.find(query, values)
    return float(sum(engine.cpu_times()[:2]) - before)


def test_titles_are_masked_alike_wherever_they_are() -> None:
    """For readers of posts and of observations, and in what is searched."""
    folder = SQL_DIR / "clickhouse"
    files = ("views/shared/posts.sql", "views/shared/post_observations.sql", "tables/0064_post_titles_log_mv.sql")
    texts = [(folder / name).read_text(encoding="utf-8") for name in files]
    found = [re.search(r"replaceRegexpAll\(replaceRegexpAll\((?:\w+\.)?title, (.*)\)", text) for text in texts]
    assert len({match[1] for match in found if match}) == 1
    assert all(found)
