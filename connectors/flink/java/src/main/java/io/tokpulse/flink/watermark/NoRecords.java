package io.tokpulse.flink.watermark;

import java.util.Set;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;

/** An empty batch. */
enum NoRecords implements RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>> {
    INSTANCE;

    @Override
    public String nextSplit() {
        return null;
    }

    @Override
    public ConsumerRecord<byte[], byte[]> nextRecordFromSplit() {
        return null;
    }

    @Override
    public Set<String> finishedSplits() {
        return Set.of();
    }
}
