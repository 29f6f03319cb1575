-- Each list that was read, as it was then. The room's own viewers are the list `audience`.
CREATE OR REPLACE VIEW live_rankings
(
    room_id String,
    list_id String,
    rank_type String,
    rank Int64,
    user_id String,
    score Nullable(Int64),
    observed_at DateTime64(3, 'UTC')
)
AS SELECT
    room_id,
    subject_id AS list_id,
    rank_type,
    assumeNotNull(log.rank) AS rank,
    if(log.user_id != '' OR unique_id = '', log.user_id, lower(hex(SHA256(unique_id)))) AS user_id,
    score,
    observed_at
FROM (SELECT * FROM live_observations_log FINAL) AS log
WHERE event = 'ranking' AND log.rank IS NOT NULL
