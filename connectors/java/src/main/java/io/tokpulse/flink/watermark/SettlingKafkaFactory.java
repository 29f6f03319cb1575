package io.tokpulse.flink.watermark;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;

/** {@code 'connector' = 'kafka-settling'}: Flink's Kafka source with {@link SettlingWatermarks}, and all of its options. */
public final class SettlingKafkaFactory extends KafkaDynamicTableFactory {

    static final ConfigOption<Duration> SETTLE_TIME =
            ConfigOptions.key("settling.time")
                    .durationType()
                    .defaultValue(Duration.ofSeconds(2))
                    .withDescription(
                            "How long the watermark stands still after the first record that follows a silence longer than the idle"
                                    + " timeout, so that every task is awake before it moves. Zero is Flink's own behaviour.");

    @Override
    public String factoryIdentifier() {
        return "kafka-settling";
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        Set<ConfigOption<?>> options = new HashSet<>(super.optionalOptions());
        options.add(SETTLE_TIME);
        return options;
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        Duration settleTime = Configuration.fromMap(context.getCatalogTable().getOptions()).get(SETTLE_TIME);
        if (settleTime.isNegative()) {
            throw new ValidationException(SETTLE_TIME.key() + " is negative: " + settleTime);
        }
        return new SettlingSource((KafkaDynamicSource) super.createDynamicTableSource(context), settleTime);
    }

    /** Writing knows no watermarks. */
    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        throw new ValidationException("'kafka-settling' only reads; write with 'connector' = 'kafka'");
    }
}
