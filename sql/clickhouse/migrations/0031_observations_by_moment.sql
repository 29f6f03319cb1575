-- Rows of a day's partition lie by the hour, but the engine derives no range of hours from one of moments: this index tells it which granules
-- a range has.
ALTER TABLE post_observations_log ADD INDEX IF NOT EXISTS ingested_at_range ingested_at TYPE minmax GRANULARITY 1;
ALTER TABLE post_observations_log MATERIALIZE INDEX ingested_at_range;
ALTER TABLE user_observations_log ADD INDEX IF NOT EXISTS observed_at_range observed_at TYPE minmax GRANULARITY 1;
ALTER TABLE user_observations_log MATERIALIZE INDEX observed_at_range;
