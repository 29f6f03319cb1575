-- Without the record, and of the reason only its code.
CREATE OR REPLACE VIEW ${DATABASE}_shared.dead_letters
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * EXCEPT (raw) REPLACE (extract(reason, '^([a-z_]+)(?::|$)') AS reason)
FROM dead_letters
