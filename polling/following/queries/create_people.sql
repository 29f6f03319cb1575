-- People whose posts or comments were seen; see Person of polling/following/plan.py.
CREATE TABLE IF NOT EXISTS people (
  userid TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  is_author INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL,
  due_ms INTEGER NOT NULL,
  wanted INTEGER NOT NULL
) WITHOUT ROWID
