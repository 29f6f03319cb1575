package io.tokpulse.flink.clickhouse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClickHouseWriterTest {

    private static final RowType COLUMNS = (RowType) DataTypes.ROW(DataTypes.FIELD("n", DataTypes.BIGINT().notNull())).getLogicalType();
    private static final int AGE = 500;
    /** So that two rows are a full batch. */
    private static final int SIZE = header().size() + Long.BYTES + 1;

    private final Clock clock = new Clock();
    private final Metrics metrics = new Metrics();
    private final AtomicLong asked = new AtomicLong();
    private volatile long insertMillis;
    private StubServer server;
    private BatchSender sender;
    private ClickHouseWriter writer;

    @BeforeEach
    void start() throws IOException {
        server = new StubServer();
        writer = writer(server.url(), new Retry());
    }

    @AfterEach
    void stop() {
        writer.close();
        server.close();
        assertEquals(List.of(), server.failures());
    }

    @Test
    void aFullBatchIsSent() throws Exception {
        write(1, 2, 3);
        assertBatch(1, 2);
        assertEquals(0, server.waiting());
    }

    @Test
    void aRowWaitsForOthersNoLongerThanItsAge() throws Exception {
        clock.pass(1_000);
        write(1);
        clock.pass(AGE - 1);
        assertEquals(0, server.waiting());
        clock.pass(1);
        assertBatch(1);
        writer.flush(false);
        clock.pass(AGE);
        assertEquals(0, server.waiting());
        write(2);
        clock.pass(AGE);
        assertBatch(2);
    }

    @Test
    void theAgeIsThatOfTheOldestRowSinceTheLastBatch() throws Exception {
        write(1);
        clock.pass(AGE - 10);
        write(2);
        assertBatch(1, 2);
        settle();
        write(3);
        clock.pass(AGE - 1);
        assertEquals(0, server.waiting());
        clock.pass(1);
        assertBatch(3);
    }

    @Test
    void whileInsertsTakeLongRowsWaitLonger() throws Exception {
        insertMillis = 100;
        write(1);
        clock.pass(AGE);
        assertBatch(1);
        settle();
        write(2);
        clock.pass(ClickHouseWriter.SHARE * insertMillis - 1);
        assertEquals(0, server.waiting());
        clock.pass(1);
        assertBatch(2);
        settle();
        insertMillis = 10_000;
        write(3);
        clock.pass(ClickHouseWriter.SHARE * 100);
        assertBatch(3);
        settle();
        write(4);
        clock.pass(ClickHouseWriter.LONGEST * AGE - 1);
        assertEquals(0, server.waiting());
        clock.pass(1);
        assertBatch(4);
    }

    @Test
    void aFlushReturnsWhenEveryRowIsAcknowledged() throws Exception {
        server.hold();
        write(1, 2, 3);
        CompletableFuture<Void> flush = flushing();
        assertBatch(1, 2);
        assertFalse(flush.isDone());
        server.release(1);
        assertBatch(3);
        TimeUnit.MILLISECONDS.sleep(50);
        assertFalse(flush.isDone());
        assertEquals(2, metrics.value("rows"));
        server.release(1);
        flush.get();
        assertEquals(3, metrics.value("rows"));
        assertEquals(2, metrics.value("batches"));
        assertEquals(2L * header().size() + 3 * Long.BYTES, metrics.value("bytes"));
        assertEquals(2, metrics.latency.getCount());
        assertEquals("clickhouse/table=numbers", metrics.path);
    }

    @Test
    void rowsAreCollectedWhileABatchIsOnItsWayUntilAnotherOneIsFull() throws Exception {
        server.hold();
        write(1, 2, 3);
        assertBatch(1, 2);
        clock.pass(AGE + AGE);
        assertEquals(0, server.waiting(), "a timer does not block the task");
        CompletableFuture<Void> write = CompletableFuture.runAsync(() -> write(4));
        TimeUnit.MILLISECONDS.sleep(50);
        assertFalse(write.isDone(), "back-pressure");
        server.release(2);
        write.get();
        assertBatch(3, 4);
    }

    @Test
    void whatHasBecomeOldMeanwhileFollows() throws Exception {
        server.hold();
        write(1, 2, 3);
        assertBatch(1, 2);
        clock.pass(AGE);
        server.release(2);
        settle();
        clock.pass(AGE);
        assertBatch(3);
    }

    @Test
    void whatPassesIsSentAgain() throws Exception {
        server.answer(500, 252, "Code: 252. DB::Exception: Too many parts");
        server.answer(504, 0, "");
        write(1);
        writer.flush(true);
        for (int i = 0; i < 3; i++) {
            assertBatch(1);
        }
        assertEquals(2, metrics.value("retries"));
        assertEquals(1, metrics.value("rows"));
    }

    @Test
    void aFailedBatchFailsTheNextCallAndEachAfterIt() throws Exception {
        server.answer(404, 60, "Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE)");
        write(1, 2);
        assertBatch(1, 2);
        IOException error = null;
        while (error == null) {
            error = failureOf(() -> writer.write(row(3), null));
        }
        assertEquals(
                "2 rows for numbers were not written: ClickHouse at " + server.url().replace("s3cret", "***")
                        + " cannot be used: Code: 60. DB::Exception: Unknown table. (UNKNOWN_TABLE) (queryId= )"
                        + " (the job restarts from its last checkpoint; nothing is lost while Kafka keeps the records)",
                error.getMessage());
        assertThrows(ClickHouseWriteException.class, () -> writer.flush(false));
        assertThrows(ClickHouseWriteException.class, () -> clock.pass(AGE));
        assertEquals(0, metrics.value("rows"));
        assertEquals(0, metrics.value("retries"));
    }

    @Test
    void whatDoesNotPassInTimeIsAFailureToo() throws Exception {
        writer.close();
        writer = writer(server.url(), new Retry(Duration.ZERO));
        server.answer(504, 0, "");
        write(1);
        var error = assertThrows(ClickHouseWriteException.class, () -> writer.flush(false));
        assertTrue(error.getMessage().startsWith("1 rows for numbers were not written: "), error.getMessage());
        assertFalse(error.getMessage().contains("s3cret"));
    }

    @Test
    void closingWaitsForNothing() throws Exception {
        server.hold();
        write(1, 2);
        server.next();
        writer.close();
    }

    /** Asked before and after each insert. */
    private long nanoTime() {
        return TimeUnit.MILLISECONDS.toNanos(insertMillis * asked.getAndIncrement());
    }

    private ClickHouseWriter writer(String url, Retry retry) throws IOException {
        return writer(url, retry, SIZE);
    }

    private ClickHouseWriter writer(String url, Retry retry, int batchBytes) throws IOException {
        RowEncoder encoder = RowEncoder.of("numbers", COLUMNS, new TableColumns(Map.of("n", "UInt64")));
        SinkMetrics figures = new SinkMetrics(metrics, "numbers");
        sender = new BatchSender(ClickHouse.at(url), "numbers", List.of("n"), retry, figures, this::nanoTime);
        return new ClickHouseWriter(encoder, sender, clock, batchBytes, AGE);
    }

    private void write(long... values) {
        try {
            for (long value : values) {
                writer.write(row(value), null);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void settle() throws InterruptedException {
        while (sender.isBusy()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private CompletableFuture<Void> flushing() {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        writer.flush(false);
                    } catch (IOException | InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
    }

    private void assertBatch(long... values) throws InterruptedException {
        RowBinaryBuffer expected = header();
        for (long value : values) {
            expected.writeLong(value);
        }
        assertArrayEquals(expected.toBytes(), server.next().body());
    }

    private static GenericRowData row(long value) {
        return GenericRowData.of(value);
    }

    private static RowBinaryBuffer header() {
        RowBinaryBuffer header = new RowBinaryBuffer();
        header.writeLength(1);
        header.writeString("n");
        header.writeString("UInt64");
        return header;
    }

    private interface Call {
        void make() throws IOException, InterruptedException;
    }

    private static IOException failureOf(Call call) throws InterruptedException {
        try {
            call.make();
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    /** A task's clock, whose timers fire when it passes them. */
    private static final class Clock implements ProcessingTimeService {

        private record Timer(long time, ProcessingTimeCallback callback) {}

        private final List<Timer> timers = new ArrayList<>();
        private long now;

        void pass(long millis) throws Exception {
            now += millis;
            for (Timer timer : List.copyOf(timers)) {
                if (timer.time() <= now && timers.remove(timer)) {
                    timer.callback().onProcessingTime(now);
                }
            }
        }

        @Override
        public long getCurrentProcessingTime() {
            return now;
        }

        @Override
        public ScheduledFuture<?> registerTimer(long time, ProcessingTimeCallback callback) {
            timers.add(new Timer(time, callback));
            return null;
        }
    }

    private static final class Metrics extends UnregisteredMetricsGroup {

        private final Map<String, Counter> counters = new ConcurrentHashMap<>();
        private volatile Histogram latency;
        private String path = "";

        long value(String name) {
            return counters.get(name).getCount();
        }

        @Override
        public MetricGroup addGroup(String name) {
            path = name;
            return this;
        }

        @Override
        public MetricGroup addGroup(String key, String value) {
            path += "/" + key + "=" + value;
            return this;
        }

        @Override
        public Counter counter(String name) {
            return counters.computeIfAbsent(name, key -> super.counter(key));
        }

        @Override
        public <H extends Histogram> H histogram(String name, H histogram) {
            assertEquals("insert_latency_ms", name);
            latency = histogram;
            return histogram;
        }
    }
}
