-- Empties comments_late_snapshots_log between two measured runs: what one run left there would answer for the next.
TRUNCATE TABLE comments_late_snapshots_log
