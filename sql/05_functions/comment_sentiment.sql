-- Question: how does a comment feel, and in which language is it written?
-- Grain:    a scalar function of one row: comment id, text -> compound, label, model, language, and an error where the model could not say.
-- Why Python: the scorer is a plain Python function, and its batches are what makes it fast.
CREATE TEMPORARY FUNCTION comment_sentiment AS 'udfs.flink.comment_sentiment.comment_sentiment' LANGUAGE PYTHON
