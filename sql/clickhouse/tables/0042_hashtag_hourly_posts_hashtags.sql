-- Hashtags as posts_newest_mv finds them (0041). Else as 0026 has it. Hours that are there keep what they have.
ALTER TABLE hashtag_hourly_posts_mv MODIFY QUERY
WITH
    '\\p{L}\\p{N}_\\x{2194}-\\x{2199}\\x{21A9}\\x{21AA}\\x{231A}\\x{231B}\\x{2328}\\x{23CF}\\x{23E9}-\\x{23FA}\\x{24C2}' AS letters,
    '\\x{25AA}\\x{25AB}\\x{25B6}\\x{25C0}\\x{25FB}-\\x{25FE}\\x{2600}-\\x{2767}\\x{2776}-\\x{27BF}\\x{2934}\\x{2935}' AS pictures,
    '\\x{2B05}-\\x{2B07}\\x{2B1B}\\x{2B1C}\\x{2B50}\\x{2B55}\\x{3297}\\x{3299}\\x{1F000}-\\x{1FAFF}' AS more_pictures,
    concat('[', letters, pictures, more_pictures, '][', letters, pictures, more_pictures, '\\p{M}\\x{E0020}-\\x{E007F}]*') AS part,
    concat('[#\\x{FF03}]', part, '(?:[\\x{200C}\\x{200D}\\x{B7}\\x{30FB}\\x{FF65}]+', part, ')*') AS hashtag
SELECT
    toDateTime64(toStartOfHour(ingested_at), 3, 'UTC') AS window_start,
    aweme_id,
    arrayDistinct(arrayMap(tag -> lowerUTF8(substringUTF8(tag, 2)), if(
        match(title, '[^\\x00-\\x7F]'),
        extractAll(normalizeUTF8NFC(toValidUTF8(title)), hashtag),
        extractAll(title, '#[0-9A-Za-z_]+')
    ))) AS hashtags,
    author_id,
    play_count,
    digg_count + comment_count + share_count AS engagement_total
FROM post_observations_log
WHERE notEmpty(hashtags)
