-- Question: of how many post-hours and comments is it known how many follow their author or writer?
-- Grain:    one row: the shares with a fresh snapshot then, NULL without any in the range. A comment counts by its newest observation.
SELECT
    (
        SELECT countIf(snapshot_status = 'fresh') / nullIf(count(), 0)
        FROM trending_hourly
        WHERE window_start >= {time_from:DateTime64(3, 'UTC')} AND window_start < {time_to:DateTime64(3, 'UTC')}
    ) AS post_hours,
    (
        SELECT countIf(snapshot_status = 'fresh') / nullIf(count(), 0)
        FROM comments_enriched
        WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
    ) AS comments
LIMIT 1
