"""A watchlist of a simulated universe, for pollers of the fake upstream."""

from __future__ import annotations

from pathlib import Path

import yaml

from simulator.upstream.world import World


def write_watchlist(world: World, path: Path, creators: int, posts: int, hashtags: int) -> None:
    """Writes at most so many creators (by id), posts (by id) and hashtags (by name, without the sign), the first ones of each.

    Private accounts and posts of theirs are left out. Posts exist at the start of the run or come later.
    """
    universe = world.universe
    listed = {
        "creators": [user.userid for user in universe.creators if not user.private][:creators],
        "posts": [post.aweme_id for post in universe.posts if not world.author(post).private][:posts],
        "hashtags": list(world.hashtags())[:hashtags],
    }
    path.write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), encoding="utf-8")
