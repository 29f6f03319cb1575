CREATE MATERIALIZED VIEW IF NOT EXISTS fact_post_engagement_maxima_mv TO fact_post_engagement_maxima
AS SELECT
    aweme_id,
    toDate(ingested_at) AS snapshot_date,
    max(observed.author_id) AS author_id,
    max(observed.create_time) AS created_at,
    max(observed.play_count) AS play_count,
    max(observed.digg_count) AS digg_count,
    max(observed.comment_count) AS comment_count,
    max(observed.share_count) AS share_count,
    max(observed.download_count) AS download_count,
    max(observed.collect_count) AS collect_count,
    max(observed.digg_count + observed.comment_count + observed.share_count) AS engagement_total
FROM post_observations_log AS observed
GROUP BY aweme_id, snapshot_date
