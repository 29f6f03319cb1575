-- Names and links in titles are left out.
CREATE OR REPLACE VIEW ${DATABASE}_shared.posts
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id,
    replaceRegexpAll(replaceRegexpAll(title, 'https?://\\S+', '[link]'), '[^\\s@]*@[^\\s@#]+', '[name]') AS title,
    region, duration, create_time, hashtags, first_observed_at, last_observed_at, play_count, digg_count, comment_count,
    share_count, download_count, collect_count
FROM posts
