CREATE OR REPLACE VIEW threshold_versions
AS SELECT *
FROM threshold_versions_log FINAL
