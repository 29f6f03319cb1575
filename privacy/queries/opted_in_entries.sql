-- What was published of privacy.yaml, and taken back.
SELECT unique_id, userid, is_opted_in, decided_at
FROM opted_in FINAL
