package io.tokpulse.flink.watermark;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;

/** {@code 'connector' = 'kafka-drained'}: Flink's Kafka source with the watermarks of {@link TaskWatermarks}, and all of its options. */
public final class DrainedKafkaFactory extends KafkaDynamicTableFactory {

    static final ConfigOption<Duration> IDLE_TIMEOUT =
            ConfigOptions.key("idle.timeout")
                    .durationType()
                    .defaultValue(Duration.ZERO)
                    .withDescription(
                            "A partition whose log has been read to its end, and to which nothing has come for this long, no longer holds"
                                    + " the watermark back. Zero is never. It takes the place of table.exec.source.idle-timeout.");

    static final ConfigOption<Duration> SETTLE_TIME =
            ConfigOptions.key("settling.time")
                    .durationType()
                    .defaultValue(Duration.ofSeconds(2))
                    .withDescription(
                            "How long the watermark stands still after the first record that follows a silence longer than the idle"
                                    + " timeout, so that every task is awake before it moves. Zero is Flink's own behaviour.");

    @Override
    public String factoryIdentifier() {
        return "kafka-drained";
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        Set<ConfigOption<?>> options = new HashSet<>(super.optionalOptions());
        options.add(IDLE_TIMEOUT);
        options.add(SETTLE_TIME);
        return options;
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        ReadableConfig options = Configuration.fromMap(context.getCatalogTable().getOptions());
        return new DrainedKafkaTable(
                (KafkaDynamicSource) super.createDynamicTableSource(context),
                new Patience(millis(options, IDLE_TIMEOUT), millis(options, SETTLE_TIME)));
    }

    /** Writing knows no watermarks. */
    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        throw new ValidationException("'kafka-drained' only reads; write with 'connector' = 'kafka'");
    }

    private static long millis(ReadableConfig options, ConfigOption<Duration> option) {
        Duration value = options.get(option);
        if (value.isNegative()) {
            throw new ValidationException(option.key() + " is negative: " + value);
        }
        return value.toMillis();
    }
}
