package io.tokpulse.flink.watermark;

import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.connector.kafka.source.reader.KafkaRecordEmitter;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplitState;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;

/** Flink's emitter, which first says whose record it is. */
final class DrainedRecordEmitter<T> extends KafkaRecordEmitter<T> {

    private final TaskWatermarks<T> watermarks;

    DrainedRecordEmitter(KafkaRecordDeserializationSchema<T> schema, TaskWatermarks<T> watermarks) {
        super(schema);
        this.watermarks = watermarks;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void emitRecord(ConsumerRecord<byte[], byte[]> record, SourceOutput<T> output, KafkaPartitionSplitState state)
            throws Exception {
        watermarks.reading((Partition<T>) state);
        super.emitRecord(record, output, state);
    }
}
