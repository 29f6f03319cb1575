-- Without who made it.
CREATE OR REPLACE VIEW ${DATABASE}_shared.alert_mutes
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * REPLACE ('[redacted]' AS author, replaceRegexpAll(comment, '[^\\s@]*@[^\\s@]+', '[name]') AS comment)
FROM alert_mutes
