-- Question: which posts are there? One after the other over all days; each is observed every 5 minutes for `watched_hours`.
-- Grain:    one row per post. Few reach millions of plays.
INSERT INTO bench_posts (number, aweme_id, author_id, title, hashtags, created_at, plays, tau_minutes, rate)
SELECT
    posts.number AS number,
    toString(7300000000000000000 + posts.number * 104729) AS aweme_id,
    creators.userid AS author_id,
    concat('Clip ', toString(posts.number), ' ', arrayStringConcat(arrayMap(tag -> concat('#', tag), tags), ' ')) AS title,
    arrayDistinct(arrayMap(i -> concat('tag', toString(toUInt32(pow(cityHash64(posts.number, i) % 1000 / 1000, 3) * 500))), range(3))) AS tags,
    addMilliseconds({start:DateTime64(3, 'UTC')}, intDiv(posts.number * 1000 * ({days:UInt32} * 86400), {posts:UInt32})) AS created_at,
    exp10(2.5 + 4 * pow(cityHash64(posts.number, 'plays') % 10000 / 10000, 2)) AS plays,
    120 + cityHash64(posts.number, 'tau') % 2000 AS tau_minutes,
    0.02 + cityHash64(posts.number, 'rate') % 1000 / 10000 AS rate
FROM (SELECT number, cityHash64(number, 'author') % {creators:UInt32} AS creator FROM numbers({posts:UInt32})) AS posts
INNER JOIN bench_creators AS creators ON posts.creator = creators.number
ORDER BY posts.number
