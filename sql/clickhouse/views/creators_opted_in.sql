-- The accounts whose names may be shown.
CREATE OR REPLACE VIEW creators_opted_in
(
    userid String
)
AS SELECT DISTINCT userid
FROM opted_in FINAL
WHERE is_opted_in = 1 AND userid != ''
