-- Masked views of the marts, as in 0021. Handles are compared without case, as upstream does; a kind of name has pseudonyms of its own,
-- so that a nickname equal to somebody's handle does not show.
CREATE OR REPLACE VIEW ${DATABASE}_shared.post_observations
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id,
    replaceRegexpAll(replaceRegexpAll(title, 'https?://\\S+', '[link]'), '[^\\s@]*@[^\\s@#]+', '[name]') AS title,
    region, duration, create_time, play_count, digg_count, comment_count, share_count, download_count, collect_count, ingested_at
FROM post_observations
COMMENT 'One row per post and moment of observation';

CREATE OR REPLACE VIEW ${DATABASE}_shared.user_observations
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS WITH (SELECT toNullable(key) FROM ${DATABASE}_private.pseudonym_key ORDER BY made_at LIMIT 1) AS pseudonym_key
SELECT
    userid,
    if(unique_id = '', '', assumeNotNull(lower(hex(HMAC('sha256', concat('handle\n', lowerUTF8(unique_id)), pseudonym_key))))) AS unique_id,
    if(nickname = '', '', assumeNotNull(lower(hex(HMAC('sha256', concat('nickname\n', nickname), pseudonym_key))))) AS nickname,
    if(sec_uid = '', '', assumeNotNull(lower(hex(HMAC('sha256', concat('secuid\n', sec_uid), pseudonym_key))))) AS sec_uid,
    is_verified, is_private, region, follower_count, following_count, heart_count, video_count, digg_count, observed_at
FROM user_observations
COMMENT 'One row per user and moment of observation';

CREATE OR REPLACE VIEW ${DATABASE}_shared.posts
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, author_id,
    replaceRegexpAll(replaceRegexpAll(title, 'https?://\\S+', '[link]'), '[^\\s@]*@[^\\s@#]+', '[name]') AS title,
    region, duration, create_time, hashtags, first_observed_at, last_observed_at, play_count, digg_count, comment_count,
    share_count, download_count, collect_count
FROM posts
COMMENT 'One row per post, by its newest observation; counters are maxima';

CREATE OR REPLACE VIEW ${DATABASE}_shared.hashtag_creator
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, hashtag, posts, first_used_at, last_used_at, play_count
FROM hashtag_creator
COMMENT 'One row per creator and hashtag in the titles of their posts';

CREATE OR REPLACE VIEW ${DATABASE}_shared.fact_follower_snapshot
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, snapshot_date, follower_count, following_count, heart_count, video_count, digg_count
FROM fact_follower_snapshot
COMMENT 'One row per user and UTC day: the last counts of the day';

CREATE OR REPLACE VIEW ${DATABASE}_shared.dim_creator
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS WITH (SELECT toNullable(key) FROM ${DATABASE}_private.pseudonym_key ORDER BY made_at LIMIT 1) AS pseudonym_key
SELECT
    userid,
    if(unique_id = '', '', assumeNotNull(lower(hex(HMAC('sha256', concat('handle\n', lowerUTF8(unique_id)), pseudonym_key))))) AS unique_id,
    if(nickname = '', '', assumeNotNull(lower(hex(HMAC('sha256', concat('nickname\n', nickname), pseudonym_key))))) AS nickname,
    if(sec_uid = '', '', assumeNotNull(lower(hex(HMAC('sha256', concat('secuid\n', sec_uid), pseudonym_key))))) AS sec_uid,
    is_verified, is_private, region, follower_count, video_count, valid_from, valid_to, is_current
FROM dim_creator
COMMENT 'One row per user and version of follower_count and video_count, one of them current';

CREATE OR REPLACE VIEW ${DATABASE}_shared.follower_growth_weekly
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, week_start, follower_count, prev_follower_count, growth_rate
FROM follower_growth_weekly
COMMENT 'One row per user and week (from Monday, UTC) with snapshots: the most followers of its days';

CREATE OR REPLACE VIEW ${DATABASE}_shared.fact_post_engagement
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    aweme_id, snapshot_date, author_id, created_at, play_count, digg_count, comment_count, share_count, download_count,
    collect_count, engagement_total, engagement_rate_plays, follower_count, engagement_rate_followers
FROM fact_post_engagement
COMMENT 'One row per post and UTC day of observation: maxima of the day, and the author''s followers on it';
