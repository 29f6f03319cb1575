"""A watchlist of a simulated universe, for pollers of the fake upstream."""

from __future__ import annotations

from pathlib import Path

import yaml

from simulator.upstream.world import World


def public_creators(world: World) -> list[str]:
    """Ids of all creators whose posts are shown."""
    return [user.userid for user in world.universe.creators if not user.private]


def public_handles(world: World) -> list[str]:
    """Handles of all creators whose posts are shown, without the @."""
    return [user.unique_id for user in world.universe.creators if not user.private]


def public_posts(world: World) -> list[str]:
    """Ids of their posts, those to come included."""
    return [post.aweme_id for post in world.universe.posts if not world.author(post).private]


def write_watchlist(world: World, path: Path, creators: int, posts: int, hashtags: int) -> None:
    """Writes at most so many creators (by id), posts (by id) and hashtags (by name, without the sign), the first ones of each.

    Private accounts and posts of theirs are left out. Posts exist at the start of the run or come later.
    """
    listed = {
        "creators": public_creators(world)[:creators],
        "posts": public_posts(world)[:posts],
        "hashtags": list(world.hashtags())[:hashtags],
    }
    path.write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), encoding="utf-8")
