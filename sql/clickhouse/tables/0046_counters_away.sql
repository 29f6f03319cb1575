-- Whether the counter was away, by record 19: sums of delta_plays leave out such hours, and rises of followers such snapshots.
ALTER TABLE trending_hourly_log ADD COLUMN IF NOT EXISTS is_away UInt8 AFTER revision;
ALTER TABLE follower_deltas_log ADD COLUMN IF NOT EXISTS is_away UInt8 AFTER revision
