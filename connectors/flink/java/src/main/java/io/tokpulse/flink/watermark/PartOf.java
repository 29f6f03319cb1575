package io.tokpulse.flink.watermark;

import java.lang.reflect.Field;
import org.apache.flink.connector.kafka.source.KafkaSource;

/** What a Kafka source was built of. Flink gives no access to it, and its builder cannot be reached from a table. */
final class PartOf {

    private PartOf() {}

    static Object source(KafkaSource<?> kafka, String name) {
        try {
            Field field = KafkaSource.class.getDeclaredField(name);
            field.setAccessible(true);
            return field.get(kafka);
        } catch (ReflectiveOperationException error) {
            throw new IllegalStateException("'kafka-drained' does not fit this version of Flink's Kafka connector", error);
        }
    }
}
