-- The names that may be shown, and no others: what panels and the search read. A pseudonym of the pollers, and what `tokpulse forget`
-- leaves behind, is no name.
CREATE OR REPLACE VIEW creator_names
(
    userid String,
    handle String,
    display_name String,
    observed_at DateTime64(3, 'UTC')
)
AS SELECT userid, unique_id AS handle, nickname AS display_name, observed_at
FROM creators_newest FINAL
WHERE userid IN (SELECT userid FROM creators_opted_in)
    AND unique_id != ''
    AND NOT match(unique_id, '^(${PSEUDONYM}|${FORGOTTEN})$')
