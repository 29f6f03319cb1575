package io.tokpulse.flink.watermark;

import java.util.Map;
import java.util.Set;
import java.util.function.ObjLongConsumer;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;

/** A batch of records, and the positions of the consumer behind it, which count once the task has emitted them all. */
final class PositionedRecords implements RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>> {

    private final RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>> records;
    private final Map<TopicPartition, Long> positions;
    private final ObjLongConsumer<TopicPartition> passed;

    PositionedRecords(
            RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>> records,
            Map<TopicPartition, Long> positions,
            ObjLongConsumer<TopicPartition> passed) {
        this.records = records;
        this.positions = positions;
        this.passed = passed;
    }

    @Override
    public String nextSplit() {
        return records.nextSplit();
    }

    @Override
    public ConsumerRecord<byte[], byte[]> nextRecordFromSplit() {
        return records.nextRecordFromSplit();
    }

    @Override
    public Set<String> finishedSplits() {
        return records.finishedSplits();
    }

    @Override
    public void recycle() {
        records.recycle();
        positions.forEach(passed::accept);
    }
}
