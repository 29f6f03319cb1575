package io.tokpulse.flink.watermark;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.flink.connector.kafka.source.KafkaSourceOptions;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin.Admin;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.IsolationLevel;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;

/**
 * Asks with a client of its own, made when it is first needed: the reader's consumer waits in a poll for records of other partitions,
 * and what it knows of a partition's end is as old as that partition's last fetch.
 */
final class KafkaLogEnds implements LogEnds {

    /** An answer is true however long it takes, and nothing moves before it: patience costs nothing, and lets a slow machine get on. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Properties properties = new Properties();
    /** The end of all records, with those of transactions that are still open: they wait, too, and the broker ends what is left open. */
    private final ListOffsetsOptions options =
            new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED).timeoutMs((int) TIMEOUT.toMillis());
    private Admin admin;

    KafkaLogEnds(Properties ofConsumer, int subtask) {
        for (String name : ofConsumer.stringPropertyNames()) {
            properties.setProperty(name, ofConsumer.getProperty(name));
        }
        String prefix = ofConsumer.getProperty(KafkaSourceOptions.CLIENT_ID_PREFIX.key());
        properties.setProperty(ConsumerConfig.CLIENT_ID_CONFIG, prefix + "-log-ends-" + subtask);
    }

    @Override
    public CompletableFuture<Map<TopicPartition, Long>> ask(Collection<TopicPartition> partitions) {
        if (admin == null) {
            admin = Admin.create(properties);
        }
        ListOffsetsResult answer =
                admin.listOffsets(partitions.stream().collect(Collectors.toMap(each -> each, each -> OffsetSpec.latest())), options);
        Map<TopicPartition, Long> ends = new ConcurrentHashMap<>();
        CompletableFuture<?>[] answers =
                partitions.stream()
                        .map(partition -> answer.partitionResult(partition)
                                .toCompletionStage()
                                .handle((end, error) -> {
                                    if (error == null) {
                                        ends.put(partition, end.offset());
                                    }
                                    return null;
                                })
                                .toCompletableFuture())
                        .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(answers).thenApply(all -> ends);
    }

    @Override
    public void close() {
        if (admin != null) {
            admin.close(Duration.ZERO);
        }
    }
}
