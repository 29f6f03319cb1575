-- Hashtags are found when a title comes in, never in a query: `#` and letters, numbers and `_` of any script, as udfs/text.py has
-- them, in lower case, each once, in the order of the title. Rows pass as they come: the table merges those of one key.
CREATE MATERIALIZED VIEW IF NOT EXISTS posts_newest_mv TO posts_newest
AS SELECT
    aweme_id,
    (ingested_at, observed.author_id) AS author_id,
    (
        ingested_at,
        observed.title,
        arrayDistinct(arrayMap(tag -> lowerUTF8(substring(tag, 2)), extractAll(observed.title, '#[\\p{L}\\p{N}_]+')))
    ) AS title,
    (ingested_at, ifNull(observed.region, '')) AS region,
    (ingested_at, observed.duration) AS duration,
    (ingested_at, observed.create_time) AS create_time,
    ingested_at AS first_observed_at,
    ingested_at AS last_observed_at,
    play_count,
    digg_count,
    comment_count,
    share_count,
    download_count,
    collect_count
FROM post_observations_log AS observed
