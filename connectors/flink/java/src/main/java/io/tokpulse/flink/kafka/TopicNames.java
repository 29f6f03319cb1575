package io.tokpulse.flink.kafka;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.Consumer;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.header.Header;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What the records of a topic are called, by one of their headers: about 100 bytes of memory for each.
 *
 * @param properties of a Kafka client; those of producers do not matter
 */
record TopicNames(Properties properties, String topic, String header) implements Serializable {

    private static final Duration POLL = Duration.ofMillis(500);
    /** A broker that says nothing for so long is away: the job restarts, and asks again. */
    private static final Duration SILENCE = Duration.ofSeconds(60);

    /** Of all records that are there now. */
    Set<ByteBuffer> read() throws IOException {
        Properties own = new Properties();
        own.putAll(properties);
        own.setProperty(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        own.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        own.setProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(own, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            return read(consumer);
        }
    }

    Set<ByteBuffer> read(Consumer<byte[], byte[]> consumer) throws IOException {
        Set<ByteBuffer> names = new HashSet<>();
        List<TopicPartition> partitions =
                consumer.partitionsFor(topic).stream().map(part -> new TopicPartition(topic, part.partition())).toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        long silentSince = System.nanoTime();
        while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
            boolean some = false;
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                some = true;
                Header name = record.headers().lastHeader(header);
                if (name != null) {
                    names.add(ByteBuffer.wrap(name.value()));
                }
            }
            if (some) {
                silentSince = System.nanoTime();
            } else if (System.nanoTime() - silentSince > SILENCE.toNanos()) {
                throw new IOException("topic " + topic + " cannot be read to its end");
            }
        }
        return names;
    }
}
