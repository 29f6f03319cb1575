-- Question: which posts does somebody mean who gives an id, words of a title, or the handle of the creator?
-- Grain:    one row per post, the one of the id first, then by plays. Words are looked for in titles without names and links, so that
--           nobody is found by a name that readers may not see. Under a former title a post is found as well. Common words are in
--           many titles: those with most plays are enough.
SELECT
    found.aweme_id AS post,
    found.newest_title AS title,
    found.author AS creator,
    coalesce(nullIf(named.handle, ''), '[masked]') AS handle,
    found.plays AS play_count
FROM
(
    SELECT
        aweme_id,
        argMax(title, last_observed_at) AS newest_title,
        argMax(author_id, last_observed_at) AS author,
        max(play_count) AS plays
    FROM post_titles
    WHERE aweme_id IN
    (
        SELECT {post:String}
        UNION ALL
        SELECT aweme_id
        FROM
        (
            SELECT aweme_id
            FROM post_titles
            WHERE {first:String} != ''
                AND lowerUTF8(title) LIKE {first:String}
                AND lowerUTF8(title) LIKE {second:String}
                AND lowerUTF8(title) LIKE {third:String}
            ORDER BY play_count DESC
            LIMIT 1000
        )
        UNION ALL
        SELECT aweme_id
        FROM
        (
            SELECT aweme_id
            FROM post_titles
            WHERE author_id IN (SELECT userid FROM creator_names WHERE lowerUTF8(creator_names.handle) LIKE {like_handle:String})
            ORDER BY play_count DESC
            LIMIT 1000
        )
    )
    GROUP BY aweme_id
    ORDER BY aweme_id = {post:String} DESC, plays DESC, aweme_id
    LIMIT {limit:UInt32}
) AS found
LEFT JOIN creator_names AS named ON found.author = named.userid
ORDER BY post = {post:String} DESC, play_count DESC, post
LIMIT {limit:UInt32}
