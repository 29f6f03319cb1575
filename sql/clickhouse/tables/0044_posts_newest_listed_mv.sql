-- Upstreams name the hashtags of a title by themselves, under one of these names; other columns of posts_newest are left as they are. A
-- list that has mentions only says nothing of hashtags. The topic has no room for the list, so it is taken from the raw responses.
CREATE MATERIALIZED VIEW IF NOT EXISTS posts_newest_listed_mv TO posts_newest
AS WITH
    (object, list, name) -> arrayFilter(tag -> notEmpty(tag), arrayMap(item -> JSONExtractString(item, name), JSONExtractArrayRaw(object, list))) AS named,
    (object) -> arrayFirst(
        tags -> notEmpty(tags),
        [
            named(object, 'textExtra', 'hashtagName'),
            named(object, 'text_extra', 'hashtag_name'),
            arrayFlatten(arrayMap(content -> named(content, 'textExtra', 'hashtagName'), JSONExtractArrayRaw(object, 'contents'))),
            named(object, 'challenges', 'title'),
            named(object, 'cha_list', 'cha_name')
        ]
    ) AS listed
SELECT
    aweme_id,
    -- Beyond every observation, for this is none.
    toDateTime64('2299-12-31 00:00:00', 3, 'UTC') AS first_observed_at,
    (
        ingested_at,
        arrayDistinct(arrayMap(tag -> lowerUTF8(normalizeUTF8NFC(toValidUTF8(replaceRegexpOne(tag, '^[#\\x{FF03}]', '')))), listed(post)))
    ) AS hashtags
FROM
(
    SELECT
        ingested_at,
        arrayJoin(multiIf(
            endpoint = '/user-posts/', JSONExtractArrayRaw(payload, 'videos'),
            endpoint = '/post-detail/', [payload],
            endpoint = '/public/video', [JSONExtractRaw(payload, 'itemInfo', 'itemStruct')],
            JSONExtractArrayRaw(payload, 'itemList')
        )) AS post,
        replaceRegexpOne(trim(BOTH '"' FROM JSONExtractRaw(post, if(upstream = 'tikapi', 'id', 'aweme_id'))), '^null$', '') AS aweme_id
    FROM raw_api_responses
    WHERE http_status = 200
        AND ((upstream = 'tikliveapi' AND endpoint IN ('/user-posts/', '/post-detail/'))
            OR (upstream = 'tikapi' AND endpoint IN ('/public/posts', '/public/hashtag', '/public/video')))
)
WHERE notEmpty(aweme_id)
