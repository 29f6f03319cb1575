CREATE OR REPLACE VIEW engagement_hourly
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    * EXCEPT (aweme_id, author_id, window_start, is_final),
    engagement_rate_plays Nullable(Float64),
    is_final UInt8
)
AS SELECT
    aweme_id,
    author_id,
    window_start,
    addHours(window_start, 1) AS window_end,
    * EXCEPT (aweme_id, author_id, window_start, is_final),
    if(play_count = 0, NULL, engagement_total / play_count) AS engagement_rate_plays,
    toUInt8(window_start <= (SELECT max(closed.window_start) FROM engagement_hourly_closed AS closed)) AS is_final
FROM engagement_hourly_maxima FINAL
