-- The titles that posts have and have had, without names and links.
CREATE OR REPLACE VIEW post_titles
AS SELECT *
FROM post_titles_log FINAL
