DROP TABLE outcomes_1
