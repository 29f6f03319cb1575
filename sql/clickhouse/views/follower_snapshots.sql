CREATE OR REPLACE VIEW follower_snapshots
(
    userid String,
    observed_at DateTime64(3, 'UTC'),
    follower_count UInt64
)
AS SELECT userid, observed_at, follower_count
FROM follower_snapshots_log FINAL
