-- Every published version of the thresholds. Running jobs poll it; the topic tokpulse.thresholds holds the same, and fills an empty database.
CREATE TABLE IF NOT EXISTS threshold_versions_log
(
    version String COMMENT 'v<sequence>-<first 8 hex digits of content_hash>',
    sequence UInt32 COMMENT '1 for the first version',
    effective_from DateTime64(3, 'UTC') COMMENT 'Windows that end at this time or later are judged by it, until the next version takes effect',
    published_at DateTime64(3, 'UTC') COMMENT 'When it was published',
    author String COMMENT 'Who published it',
    comment String COMMENT 'Why, in the author''s words',
    content_hash String COMMENT 'SHA-256 of content, hex',
    content String COMMENT 'The thresholds as canonical JSON'
)
ENGINE = ReplacingMergeTree
ORDER BY version
COMMENT 'Published thresholds: read the view threshold_versions, not this table';

CREATE OR REPLACE VIEW threshold_versions
(
    version String,
    sequence UInt32,
    effective_from DateTime64(3, 'UTC'),
    published_at DateTime64(3, 'UTC'),
    author String,
    comment String,
    content_hash String,
    content String
)
AS SELECT version, sequence, effective_from, published_at, author, comment, content_hash, content
FROM threshold_versions_log FINAL
COMMENT 'One row per published version of the thresholds';
