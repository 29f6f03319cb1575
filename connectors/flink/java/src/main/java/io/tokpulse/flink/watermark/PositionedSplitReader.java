package io.tokpulse.flink.watermark;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.function.ObjLongConsumer;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;
import org.apache.flink.connector.kafka.source.metrics.KafkaSourceReaderMetrics;
import org.apache.flink.connector.kafka.source.reader.ConsumerOf;
import org.apache.flink.connector.kafka.source.reader.KafkaPartitionSplitReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.TimeoutException;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.errors.WakeupException;

/**
 * Flink's reader, which hands over with each batch of records how far the consumer has come: the last record's offset does not say so,
 * since marks of transactions, records that were taken back, and gaps that compaction has left may follow it.
 */
final class PositionedSplitReader extends KafkaPartitionSplitReader {

    private final KafkaConsumer<byte[], byte[]> consumer = ConsumerOf.reader(this);
    private final ObjLongConsumer<TopicPartition> passed;
    private final Map<TopicPartition, Long> handedOver = new HashMap<>();
    private boolean newSplits;

    /** `passed` is called by the task's thread when it has emitted all that was before a position. */
    PositionedSplitReader(
            Properties properties,
            SourceReaderContext context,
            KafkaSourceReaderMetrics metrics,
            String rackId,
            ObjLongConsumer<TopicPartition> passed) {
        super(properties, context, metrics, rackId);
        this.passed = passed;
    }

    @Override
    public void handleSplitsChanges(SplitsChange<KafkaPartitionSplit> change) {
        super.handleSplitsChanges(change);
        newSplits = true;
    }

    @Override
    public RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>> fetch() throws IOException {
        if (newSplits) {
            newSplits = false;
            // Where empty partitions begin is known now. A poll would tell when another has records, or after ten seconds.
            Map<TopicPartition, Long> positions = newPositions();
            if (!positions.isEmpty()) {
                return new PositionedRecords(NoRecords.INSTANCE, positions, passed);
            }
        }
        RecordsWithSplitIds<ConsumerRecord<byte[], byte[]>> records = super.fetch();
        return new PositionedRecords(records, newPositions(), passed);
    }

    private Map<TopicPartition, Long> newPositions() {
        Map<TopicPartition, Long> positions = Map.of();
        for (TopicPartition partition : consumer.assignment()) {
            long position = position(partition);
            Long last = handedOver.get(partition);
            if (last == null || position > last) {
                positions = positions.isEmpty() ? new HashMap<>() : positions;
                positions.put(partition, position);
            }
        }
        handedOver.putAll(positions);
        return positions;
    }

    /** -1 while it is unknown: nothing has passed then. */
    private long position(TopicPartition partition) {
        try {
            return consumer.position(partition, Duration.ZERO);
        } catch (TimeoutException | WakeupException unknown) {
            return -1;
        }
    }
}
