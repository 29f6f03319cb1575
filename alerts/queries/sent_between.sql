-- Keys of one series end with their time in a fixed width: with one length, between two of them there are only others of it.
SELECT EXISTS (
  SELECT 1 FROM outcomes
  WHERE key > :after AND key < :before AND length(key) = length(:after) AND target = :target AND outcome = 'sent'
)
