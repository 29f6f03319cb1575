-- Names and links in titles are left out.
CREATE OR REPLACE VIEW ${DATABASE}_shared.post_observations
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id,
    replaceRegexpAll(replaceRegexpAll(title, 'https?://\\S+', '[link]'), '[^\\s@]*@[^\\s@#]+', '[name]') AS title,
    region, duration, create_time, play_count, digg_count, comment_count, share_count, download_count, collect_count, ingested_at
FROM post_observations
