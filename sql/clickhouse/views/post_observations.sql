CREATE OR REPLACE VIEW post_observations
AS SELECT * EXCEPT (is_late)
FROM post_observations_log FINAL
