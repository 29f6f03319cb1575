package io.tokpulse.flink.watermark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplitSerializer;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class PartitionSplitSerializerTest {

    private final KafkaPartitionSplit plain = new KafkaPartitionSplit(new TopicPartition("topic", 3), 42, 99);
    private final PartitionSplitSerializer ours = new PartitionSplitSerializer();
    private final KafkaPartitionSplitSerializer theirs = new KafkaPartitionSplitSerializer();

    @Test
    void aSplitComesBackWithItsWatermark() throws Exception {
        for (boolean idle : new boolean[] {true, false}) {
            KafkaPartitionSplit split = new PartitionSplit(plain, 1_000, idle);
            assertEquals(split, ours.deserialize(ours.getVersion(), ours.serialize(split)));
        }
    }

    @Test
    void aSplitThatTheEnumeratorAssignsHasNone() throws Exception {
        KafkaPartitionSplit split = ours.deserialize(ours.getVersion(), ours.serialize(plain));
        assertEquals(Long.MIN_VALUE, PartitionSplit.watermarkOf(split));
        assertEquals(99, split.getStoppingOffset().orElseThrow());
    }

    @Test
    void savepointsOfFlinksOwnSourceAreRead() throws Exception {
        assertEquals(plain, ours.deserialize(theirs.getVersion(), theirs.serialize(plain)));
    }

    @Test
    void flinksOwnSourceReadsOurs() throws Exception {
        assertEquals(plain, theirs.deserialize(ours.getVersion(), ours.serialize(new PartitionSplit(plain, 1_000, true))));
    }
}
