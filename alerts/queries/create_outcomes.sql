-- What became of an alert at a target. One row per alert and target; `status` is the HTTP status where there was an answer.
CREATE TABLE IF NOT EXISTS outcomes (
  key TEXT NOT NULL,
  target TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'skipped')),
  status INTEGER,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (key, target)
) WITHOUT ROWID
