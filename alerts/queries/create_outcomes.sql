-- What became of an alert at a target. One row per alert and target; `status` is the HTTP status where there was an answer, `reason`
-- what muted it.
CREATE TABLE IF NOT EXISTS outcomes (
  key TEXT NOT NULL,
  target TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'skipped', 'muted')),
  status INTEGER,
  at_ms INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (key, target)
) WITHOUT ROWID
