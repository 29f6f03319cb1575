-- Question: is every post-hour there, with the maxima that were produced?
-- Grain:    one row; the columns of simulator.bulk.BulkTotals but for `records`.
SELECT
    count() AS rows,
    sum(play_count) AS play_count,
    sum(digg_count) AS digg_count,
    sum(comment_count) AS comment_count,
    sum(share_count) AS share_count,
    sum(engagement_total) AS engagement_total
FROM engagement_hourly
