-- Question: which creator, post and hashtag have most to show?
-- Grain:    one row.
SELECT
    argMax(author_id, plays) AS creator,
    argMax(aweme_id, plays) AS post,
    argMax(hashtags[1], plays) AS hashtag
FROM bench_posts
WHERE created_at BETWEEN
    (SELECT max(created_at) - INTERVAL 54 HOUR FROM bench_posts) AND (SELECT max(created_at) - INTERVAL 48 HOUR FROM bench_posts)
