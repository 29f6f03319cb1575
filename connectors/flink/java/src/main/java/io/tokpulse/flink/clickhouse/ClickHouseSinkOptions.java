package io.tokpulse.flink.clickhouse;

import java.time.Duration;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;

/** Options of the connector, as written in a table's WITH clause. Address and credentials are none of them: see {@link ClickHouse}. */
public final class ClickHouseSinkOptions {

    /** Name of the connector. */
    public static final String IDENTIFIER = "clickhouse";

    public static final ConfigOption<String> TABLE =
            ConfigOptions.key("table")
                    .stringType()
                    .noDefaultValue()
                    .withDescription("Table of the database that CLICKHOUSE_URL names.");

    public static final ConfigOption<MemorySize> BATCH_SIZE =
            ConfigOptions.key("batch.size")
                    .memoryType()
                    .defaultValue(MemorySize.ofMebiBytes(8))
                    .withDescription("Bytes of rows, before compression, that are sent as one insert. A writer holds up to two of them.");

    public static final ConfigOption<Duration> BATCH_AGE =
            ConfigOptions.key("batch.age")
                    .durationType()
                    .defaultValue(Duration.ofMillis(500))
                    .withDescription("How long a row waits for others before it is sent. Checkpoints do not wait for it.");

    private ClickHouseSinkOptions() {}
}
