-- What a post's newest observation says stands in one tuple: a maximum of tuples is what merging posts_newest costs, and five of them cost
-- twice as much. Rows that are there are told over; a repetition finds nothing left to tell.
ALTER TABLE posts_newest ADD COLUMN IF NOT EXISTS newest SimpleAggregateFunction(max, Tuple(
    observed_at DateTime64(3, 'UTC'),
    author_id String,
    title String,
    region String,
    duration UInt32,
    create_time DateTime64(3, 'UTC'),
    hashtags Array(String)
)) AFTER aweme_id;
-- Hashtags as 0041 has them.
ALTER TABLE posts_newest_mv MODIFY QUERY
WITH
    '\\p{L}\\p{N}_\\x{2194}-\\x{2199}\\x{21A9}\\x{21AA}\\x{231A}\\x{231B}\\x{2328}\\x{23CF}\\x{23E9}-\\x{23FA}\\x{24C2}' AS letters,
    '\\x{25AA}\\x{25AB}\\x{25B6}\\x{25C0}\\x{25FB}-\\x{25FE}\\x{2600}-\\x{2767}\\x{2776}-\\x{27BF}\\x{2934}\\x{2935}' AS pictures,
    '\\x{2B05}-\\x{2B07}\\x{2B1B}\\x{2B1C}\\x{2B50}\\x{2B55}\\x{3297}\\x{3299}\\x{1F000}-\\x{1FAFF}' AS more_pictures,
    concat('[', letters, pictures, more_pictures, '][', letters, pictures, more_pictures, '\\p{M}\\x{E0020}-\\x{E007F}]*') AS part,
    concat('[#\\x{FF03}]', part, '(?:[\\x{200C}\\x{200D}\\x{B7}\\x{30FB}\\x{FF65}]+', part, ')*') AS hashtag
SELECT
    aweme_id,
    (
        ingested_at,
        observed.author_id,
        observed.title,
        ifNull(observed.region, ''),
        observed.duration,
        observed.create_time,
        arrayDistinct(arrayMap(tag -> lowerUTF8(substringUTF8(tag, 2)), if(
            match(observed.title, '[^\\x00-\\x7F]'),
            extractAll(normalizeUTF8NFC(toValidUTF8(observed.title)), hashtag),
            extractAll(observed.title, '#[0-9A-Za-z_]+')
        )))
    ) AS newest,
    ingested_at AS first_observed_at,
    ingested_at AS last_observed_at,
    play_count,
    digg_count,
    comment_count,
    share_count,
    download_count,
    collect_count
FROM post_observations_log AS observed;
ALTER TABLE posts_newest UPDATE newest = (
    title.observed_at,
    author_id.value,
    title.value,
    region.value,
    duration.value,
    create_time.value,
    title.hashtags
) WHERE title.observed_at > newest.observed_at SETTINGS mutations_sync = 2
