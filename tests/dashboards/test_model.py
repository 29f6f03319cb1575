"""Pages and queries as files: what is refused, and how the message says where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboards.model import PARAMETERS, PageFileError, load_page, load_pages, load_query, parameters

PANEL = """
  - id: plays
    title: Plays
    help: Plays of the range.
    kind: stat
    query: totals
    width: 3
    height: 2
    unit: plays
    value_columns: [plays]
    empty: Nothing was observed.
"""
PAGE = f"slug: a\ntitle: A\ndescription: A page.\ndefault_range: 24h\nrefresh_s: 30\npanels:{PANEL}"
QUERY = "SELECT 1 AS plays WHERE {time_from:DateTime64(3, 'UTC')} < {time_to:DateTime64(3, 'UTC')}"


def written(folder: Path, text: str, query: str = QUERY) -> Path:
    (folder / "totals.sql").write_text(query)
    path = folder / "a.yaml"
    path.write_text(text)
    return path


def test_the_pages_of_the_product_load_in_their_order() -> None:
    pages = load_pages()
    assert list(pages)[:2] == ["overview", "trending"]
    assert all(slug == page.slug for slug, page in pages.items())


def test_a_new_row_shows_within_ten_seconds_on_every_page() -> None:
    assert {slug: page.refresh_s for slug, page in load_pages().items() if page.refresh_s > 10} == {}


def test_only_what_stays_in_its_time_is_compared_with_the_time_before() -> None:
    """Judged hours by whole hours; not figures of comments, of which a part is still to be observed."""
    compared = [panel for page in load_pages().values() for panel in page.panels if panel.compares]
    # Which posts are of a tier is looked up in the judged hours, too.
    texts = {
        panel.query: re.sub(r"\(\{tier:String\} = '' OR .*?\)\)", "", load_query(panel.query), flags=re.S) for panel in compared
    }
    by_hours = [panel for panel in compared if not panel.charted and "FROM trending_hourly" in texts[panel.query]]
    assert {panel.kind for panel in by_hours} == {"stat", "table"}
    assert {panel.closes_s for panel in by_hours} == {3600}
    # Trending now shows the mood beside what it compares; in a chart everybody sees that its end is still to grow.
    others = [panel for panel in compared if not panel.charted and panel.id != "trending_now"]
    by_comments = [panel for panel in others if "FROM comments_enriched" in load_query(panel.query)]
    assert [panel.id for panel in by_comments] == []


def test_every_filter_of_a_page_is_one_of_most_of_its_panels() -> None:
    """The page says of a panel whose query does not have a chosen filter that it shows all."""
    for page in load_pages().values():
        for name in [item.name for item in page.filters]:
            takes = [panel for panel in page.panels if name in panel.takes]
            assert len(takes) * 2 > len(page.panels) or (page.slug, name) == ("creator", "hashtag"), f"{page.slug}: {name}"


def test_a_panel_knows_the_filters_of_its_query(tmp_path: Path) -> None:
    written(tmp_path, PAGE, QUERY + " AND {creator:String} = '' AND {tier:String} = ''")
    assert load_pages(tmp_path, tmp_path)["a"].panels[0].takes == ("creator", "tier")


def test_a_page_is_frozen_and_knows_its_range_in_seconds(tmp_path: Path) -> None:
    page = load_page(written(tmp_path, PAGE.replace("24h", "7d")))
    assert page.default_range_s == 7 * 86_400
    assert page.panel("plays") is page.panels[0]
    assert page.panel("likes") is None
    with pytest.raises(ValueError, match="frozen"):
        page.title = "B"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: A\n", "", r"a\.yaml: title: Field required"),
        ("title: A\n", "title: A\nowner: me\n", r"a\.yaml: owner: Extra inputs"),
        ("slug: a", "slug: b", r"a\.yaml: slug: b is not the file's name, a"),
        ("24h", "24m", r"a\.yaml: default_range: "),
        ("width: 3", "width: 13", r"a\.yaml: panels\.0\.width: .*12"),
        ("kind: stat", "kind: pie", r"a\.yaml: panels\.0\.kind: "),
        ("kind: stat", "kind: timeseries", r"a\.yaml: panels\.0: timeseries needs time_column"),
        ("kind: stat", "kind: table", r"a\.yaml: panels\.0: a table lists its columns"),
        ("[plays]", "[plays, likes]", r"a\.yaml: panels\.0: a stat has one value column"),
        ("unit: plays", "unit: plays\n    thresholds: [{at: 2, tone: ok}, {at: 1, tone: bad}]", r"thresholds ascend"),
        (
            "unit: plays",
            "unit: plays\n    columns: [{name: aweme_id, title: Post, link: post, label: title}]",
            r"a\.yaml: panels\.0: aweme_id takes a name from title: list that column",
        ),
        ("unit: plays", "unit: plays\n    closes_s: 3600", r"a\.yaml: panels\.0: closes_s is for a stat or table that compares"),
        ("unit: plays", "unit: plays\n    marks: {at: seen_at, called: rose}", r"marks charts by seen_at: list that column"),
        ("unit: plays", "unit: plays\n    marks: {at: plays}", r"marks have a column `what`, or are all `called` the same"),
        (
            "unit: plays",
            "unit: plays\n    columns: [{name: plays, title: Plays, compare: true}]",
            r"columns compare in a table only",
        ),
        (PANEL, PANEL + PANEL, r"a\.yaml: page: panel plays occurs twice"),
        ("refresh_s: 30", "refresh_s: [", r"a\.yaml:\d+: not YAML"),
        (PAGE, "- a\n", r"a\.yaml: not a mapping"),
    ],
)
def test_an_error_names_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in PAGE
    with pytest.raises(PageFileError, match=message):
        load_page(written(tmp_path, PAGE.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT 1 AS plays", r"panels\.0\.query: the query has no time filter"),
        (QUERY + " AND {who:String} = ''", r"totals\.sql: parameter \{who:String\} is not known"),
        (QUERY + " AND {limit:UInt64} > 1", r"totals\.sql: .*it is \{limit:UInt32\}"),
    ],
)
def test_a_query_reads_a_time_range_and_asks_for_known_parameters(tmp_path: Path, query: str, message: str) -> None:
    written(tmp_path, PAGE, query)
    with pytest.raises(PageFileError, match=message):
        load_pages(tmp_path, tmp_path)


def test_a_query_that_is_not_there_and_a_folder_without_pages(tmp_path: Path) -> None:
    with pytest.raises(PageFileError, match=r"cannot read .*none\.sql"):
        load_query("none", tmp_path)
    with pytest.raises(PageFileError, match="no page files"):
        load_pages(tmp_path)


def test_parameters_of_a_query() -> None:
    assert parameters(load_query("near_threshold")) == {"time_from", "time_to", "creator", "hashtag", "tier", "region", "limit"}
    assert parameters(QUERY) <= set(PARAMETERS)
