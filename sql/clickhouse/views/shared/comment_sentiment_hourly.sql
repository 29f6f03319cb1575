CREATE OR REPLACE VIEW ${DATABASE}_shared.comment_sentiment_hourly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    video_id, window_start, window_end, comments, mean_compound, positive, neutral, negative, reach, reach_weighted_compound, no_evidence
FROM comment_sentiment_hourly
