CREATE OR REPLACE VIEW ${DATABASE}_shared.hashtag_creator
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    userid, hashtag, posts, first_used_at, last_used_at, play_count
FROM hashtag_creator
