-- Names and links in titles are left out.
CREATE OR REPLACE VIEW ${DATABASE}_shared.post_observations
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * REPLACE
(
    replaceRegexpAll(replaceRegexpAll(title, 'https?://\\S+', '[link]'), '[^\\s@]*@[^\\s@#]+', '[name]') AS title
)
FROM post_observations
