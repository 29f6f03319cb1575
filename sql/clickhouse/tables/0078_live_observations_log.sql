-- Every valid event of a LIVE room, as job `live` writes it. An event that is told again, after a reconnect or a replay, merges with
-- itself: the first time that it was told counts, and of everything else the greatest value. So what is made of these rows is made of a
-- set of events, and neither order nor repeats nor restarts can change it. Rows lie by room and kind of event, for gifts are few
-- beside the rest; no time is in the key, for a repeat has a later one.
CREATE TABLE IF NOT EXISTS live_observations_log
(
    room_id String,
    event LowCardinality(String),
    event_id String,
    author_id SimpleAggregateFunction(max, String),
    user_id SimpleAggregateFunction(max, String),
    unique_id SimpleAggregateFunction(max, String),
    connection_id SimpleAggregateFunction(max, String),
    observed_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    kafka_offset SimpleAggregateFunction(min, UInt64),
    text SimpleAggregateFunction(max, String),
    sentiment_compound SimpleAggregateFunction(max, Nullable(Float64)),
    sentiment_model SimpleAggregateFunction(max, String),
    language SimpleAggregateFunction(max, String),
    speaker SimpleAggregateFunction(max, String),
    is_final SimpleAggregateFunction(max, Nullable(UInt8)),
    action SimpleAggregateFunction(max, String),
    subject_id SimpleAggregateFunction(max, String),
    viewer_count SimpleAggregateFunction(max, Nullable(UInt64)),
    total_viewers SimpleAggregateFunction(max, Nullable(UInt64)),
    like_count SimpleAggregateFunction(max, Nullable(UInt64)),
    total_likes SimpleAggregateFunction(max, Nullable(UInt64)),
    gift_id SimpleAggregateFunction(max, String),
    gift_name SimpleAggregateFunction(max, String),
    group_id SimpleAggregateFunction(max, String),
    repeat_count SimpleAggregateFunction(max, Nullable(UInt64)),
    repeat_end SimpleAggregateFunction(max, Nullable(UInt8)),
    diamond_count SimpleAggregateFunction(max, Nullable(UInt64)),
    sub_month SimpleAggregateFunction(max, Nullable(UInt64)),
    battle_status SimpleAggregateFunction(max, Nullable(Int64)),
    battle_duration SimpleAggregateFunction(max, Nullable(UInt64)),
    teams SimpleAggregateFunction(max, String),
    rank SimpleAggregateFunction(max, Nullable(Int64)),
    rank_type SimpleAggregateFunction(max, String),
    score SimpleAggregateFunction(max, Nullable(Int64)),
    payload SimpleAggregateFunction(max, String),
    INDEX observed_at_range observed_at TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
ORDER BY (room_id, event, event_id)
SETTINGS index_granularity = 1024, merge_selector_base = 10
