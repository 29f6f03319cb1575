package org.apache.flink.connector.kafka.source.reader;

import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.KafkaConsumer;

/** Flink shows its consumer to this package only. Both jars must come from one class loader, as those in Flink's lib folder do. */
public final class ConsumerOf {

    private ConsumerOf() {}

    public static KafkaConsumer<byte[], byte[]> reader(KafkaPartitionSplitReader reader) {
        return reader.consumer();
    }
}
