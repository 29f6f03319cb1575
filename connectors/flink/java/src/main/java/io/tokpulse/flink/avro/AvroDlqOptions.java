package io.tokpulse.flink.avro;

import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;

import java.time.Duration;
import java.util.List;

/** Options of the format, as written in a table's WITH clause behind {@code avro-confluent-dlq.}. */
public final class AvroDlqOptions {

    /** Name of the format. */
    public static final String IDENTIFIER = "avro-confluent-dlq";

    public static final ConfigOption<String> URL =
            ConfigOptions.key("url")
                    .stringType()
                    .noDefaultValue()
                    .withDescription("URL of the schema registry (Confluent's API, with its path).");

    public static final ConfigOption<String> SCHEMA =
            ConfigOptions.key("schema")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Reader's schema: the whole text of the .avsc file. Columns are its fields by name.");

    public static final ConfigOption<String> NAME =
            ConfigOptions.key("name")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "What is being read, as the brake names it when it stops the job: the topic, since a format"
                                    + " is not told it. Without it, the full name of the reader's record.");

    public static final ConfigOption<MemorySize> MAX_RECORD_BYTES =
            ConfigOptions.key("max-record-bytes")
                    .memoryType()
                    .defaultValue(MemorySize.ofMebiBytes(1))
                    .withDescription("Longest value that is decoded; a longer one is bad.");

    public static final ConfigOption<List<String>> NON_NEGATIVE =
            ConfigOptions.key("non-negative")
                    .stringType()
                    .asList()
                    .defaultValues()
                    .withDescription(
                            "Fields (int or long, nested ones by path, separated by semicolons) that are never below"
                                    + " zero in a good record. Checked whether or not a column shows them.");

    public static final ConfigOption<String> EVENT_TIME_FIELD =
            ConfigOptions.key("event-time-field")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Field (long, Unix milliseconds) of the event time. It may be declared BIGINT or"
                                    + " TIMESTAMP_LTZ(3). Without it the event time is not checked.");

    public static final ConfigOption<Long> EVENT_TIME_MIN =
            ConfigOptions.key("event-time-min")
                    .longType()
                    .defaultValue(1451606400000L)
                    .withDescription("Smallest event time, Unix milliseconds; the default is 2016-01-01.");

    public static final ConfigOption<Duration> EVENT_TIME_MAX_AHEAD =
            ConfigOptions.key("event-time-max-ahead")
                    .durationType()
                    .defaultValue(Duration.ofMinutes(5))
                    .withDescription("How far the event time may be ahead of the TaskManager's clock.");

    public static final ConfigOption<Long> STOP_AFTER_CONSECUTIVE =
            ConfigOptions.key("stop-after-consecutive")
                    .longType()
                    .defaultValue(10_000L)
                    .withDescription("Bad records in a row in one subtask that stop the job; 0 for never.");

    public static final ConfigOption<Double> STOP_RATIO =
            ConfigOptions.key("stop-ratio")
                    .doubleType()
                    .defaultValue(0.5)
                    .withDescription(
                            "Share of bad records in a block of 'stop-min-records' in one subtask above which the job"
                                    + " stops; 0 for never.");

    public static final ConfigOption<Long> STOP_MIN_RECORDS =
            ConfigOptions.key("stop-min-records")
                    .longType()
                    .defaultValue(20_000L)
                    .withDescription("Records in a block for 'stop-ratio'.");

    private AvroDlqOptions() {}
}
