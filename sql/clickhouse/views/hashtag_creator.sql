-- Which hashtags each creator uses, by the titles as they are now.
CREATE OR REPLACE VIEW hashtag_creator
(
    userid String,
    hashtag String,
    posts UInt64,
    first_used_at DateTime64(3, 'UTC'),
    last_used_at DateTime64(3, 'UTC'),
    play_count UInt64
)
AS SELECT
    author_id AS userid,
    hashtag,
    count() AS posts,
    min(create_time) AS first_used_at,
    max(create_time) AS last_used_at,
    sum(used.play_count) AS play_count
FROM posts AS used
ARRAY JOIN hashtags AS hashtag
GROUP BY userid, hashtag
