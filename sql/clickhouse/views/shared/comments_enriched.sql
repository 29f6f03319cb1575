-- Without what people wrote.
CREATE OR REPLACE VIEW ${DATABASE}_shared.comments_enriched
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    comment_id,
    video_id,
    user_id,
    '[redacted]' AS text,
    create_time,
    ingested_at,
    digg_count,
    reply_total,
    sentiment_compound,
    sentiment_label,
    sentiment_model,
    follower_count,
    snapshot_at,
    snapshot_status,
    language
FROM comments_enriched
