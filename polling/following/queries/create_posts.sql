-- Posts on the pages of watched creators, with the last look at each; see Post of polling/following/plan.py.
CREATE TABLE IF NOT EXISTS posts (
  aweme_id TEXT PRIMARY KEY,
  creator TEXT NOT NULL,
  plays INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL,
  moved_ms INTEGER NOT NULL,
  gain REAL,
  followed INTEGER NOT NULL
) WITHOUT ROWID
