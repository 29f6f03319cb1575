-- Version 1 knew no mutes: its rows move into a new table.
ALTER TABLE outcomes RENAME TO outcomes_1
