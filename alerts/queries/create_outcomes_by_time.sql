CREATE INDEX IF NOT EXISTS outcomes_by_time ON outcomes (at_ms)
