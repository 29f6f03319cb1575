-- The titles that posts have and have had, without names and links. Filters of all columns of the key reach the table.
CREATE OR REPLACE VIEW post_titles
(
    aweme_id String,
    title String,
    author_id String,
    play_count UInt64,
    last_observed_at DateTime64(3, 'UTC')
)
AS SELECT
    aweme_id,
    title,
    author_id,
    max(titles.play_count) AS play_count,
    max(titles.last_observed_at) AS last_observed_at
FROM post_titles_log AS titles
GROUP BY aweme_id, title, author_id
