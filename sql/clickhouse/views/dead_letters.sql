CREATE OR REPLACE VIEW dead_letters
AS SELECT *
FROM dead_letters_log FINAL
