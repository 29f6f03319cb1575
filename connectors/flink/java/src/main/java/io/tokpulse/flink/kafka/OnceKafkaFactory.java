package io.tokpulse.flink.kafka;

import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSink;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicTableFactory;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.source.DynamicTableSource;

/**
 * {@code 'connector' = 'kafka-once'}: Flink's Kafka sink, which leaves out what the topic has already, and all of its options.
 *
 * <p>A header names each record. When a task starts, also after a failure, it reads the names that are there; a row of one of them has
 * been written before the failure, or by an earlier job, and is not written again. Records can be read at once: no transaction holds
 * them back until a checkpoint. It is for few and small records, as alerts are.
 */
public final class OnceKafkaFactory extends KafkaDynamicTableFactory {

    static final ConfigOption<String> HEADER =
            ConfigOptions.key("once.header")
                    .stringType()
                    .noDefaultValue()
                    .withDescription("The header that names a record. The table declares headers MAP<STRING, BYTES> METADATA.");

    private static final String PROPERTIES = "properties.";

    @Override
    public String factoryIdentifier() {
        return "kafka-once";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        Set<ConfigOption<?>> options = new HashSet<>(super.requiredOptions());
        options.add(HEADER);
        return options;
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        Map<String, String> options = context.getCatalogTable().getOptions();
        Configuration read = Configuration.fromMap(options);
        Properties properties = new Properties();
        options.forEach(
                (name, value) -> {
                    if (name.startsWith(PROPERTIES)) {
                        properties.setProperty(name.substring(PROPERTIES.length()), value);
                    }
                });
        return new OnceKafkaTable(
                (KafkaDynamicSink) super.createDynamicTableSink(context),
                new TopicNames(properties, read.get(KafkaConnectorOptions.TOPIC).get(0), read.get(HEADER)));
    }

    @Override
    public DynamicTableSource createDynamicTableSource(Context context) {
        throw new ValidationException("'kafka-once' only writes; read with 'connector' = 'kafka'");
    }
}
