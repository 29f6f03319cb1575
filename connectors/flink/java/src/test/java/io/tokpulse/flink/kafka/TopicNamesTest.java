package io.tokpulse.flink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.KafkaException;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.PartitionInfo;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is on a topic of two partitions, of which the second one begins at offset 5. */
class TopicNamesTest {

    private static final TopicPartition FIRST = new TopicPartition("t", 0);
    private static final TopicPartition SECOND = new TopicPartition("t", 1);

    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
    private final TopicNames names = new TopicNames(new Properties(), "t", "alert");

    @BeforeEach
    void topic() {
        consumer.updatePartitions(
                "t", List.of(new PartitionInfo("t", 0, null, null, null), new PartitionInfo("t", 1, null, null, null)));
        consumer.updateBeginningOffsets(Map.of(FIRST, 0L, SECOND, 5L));
    }

    @Test
    void everyRecordUpToTheEndHasItsName() throws Exception {
        consumer.updateEndOffsets(Map.of(FIRST, 2L, SECOND, 6L));
        consumer.schedulePollTask(() -> add(FIRST, 0, "a"));
        consumer.schedulePollTask(
                () -> {
                    add(SECOND, 5, "b");
                    add(FIRST, 1, null);
                });
        assertEquals(Set.of(name("a"), name("b")), names.read(consumer));
    }

    @Test
    void anEmptyTopicHasNone() throws Exception {
        consumer.updateEndOffsets(Map.of(FIRST, 0L, SECOND, 5L));
        assertEquals(Set.of(), names.read(consumer));
    }

    @Test
    void aBrokerThatFailsIsAnError() {
        consumer.updateEndOffsets(Map.of(FIRST, 1L, SECOND, 5L));
        consumer.setPollException(new KafkaException("away"));
        assertThrows(KafkaException.class, () -> names.read(consumer));
    }

    private void add(TopicPartition partition, long offset, String name) {
        ConsumerRecord<byte[], byte[]> record =
                new ConsumerRecord<>(partition.topic(), partition.partition(), offset, new byte[0], new byte[0]);
        if (name != null) {
            record.headers().add("alert", name.getBytes(UTF_8));
        }
        consumer.addRecord(record);
    }

    private static ByteBuffer name(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }
}
