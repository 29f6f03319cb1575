"""The topics that pages fill."""

from __future__ import annotations

POSTS = "tiktok.posts.events"
USERS = "tiktok.users.snapshots"
COMMENTS = "tiktok.comments.events"
