package io.tokpulse.flink.avro;

import java.io.Serializable;

/**
 * The format's options, as they travel to the TaskManagers.
 *
 * @param url of the schema registry
 * @param schema reader's schema, JSON
 * @param name what is being read, for messages; null for the reader's record
 * @param maxRecordBytes longest value that is decoded
 * @param rules what a record must keep beyond its encoding
 * @param brake when to stop the job
 */
record AvroDlqSettings(
        String url, String schema, String name, long maxRecordBytes, RecordRules rules, Brake.Limits brake)
        implements Serializable {}
