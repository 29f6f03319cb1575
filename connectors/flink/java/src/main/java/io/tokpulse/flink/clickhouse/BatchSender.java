package io.tokpulse.flink.clickhouse;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Inserts one batch at a time on a thread of its own. There are two buffers: one on its way, one with the task.
 *
 * <p>All methods but those of the thread are called by the task. A batch that failed stays failed: each later call raises its error, and
 * Flink restarts the task from its last checkpoint.
 */
final class BatchSender implements AutoCloseable {

    private final ClickHouse clickHouse;
    private final String table;
    private final List<String> columns;
    private final Retry retry;
    private final SinkMetrics metrics;
    private final LongSupplier nanoTime;
    private final ExecutorService thread;

    /** Gives its buffer back when ClickHouse has acknowledged the rows. */
    private Future<RowBinaryBuffer> onItsWay = CompletableFuture.completedFuture(new RowBinaryBuffer());

    private volatile boolean failed;
    private volatile long lastMillis;

    /** Takes {@code clickHouse} over, and closes it. */
    BatchSender(ClickHouse clickHouse, String table, List<String> columns, Retry retry, SinkMetrics metrics) {
        this(clickHouse, table, columns, retry, metrics, System::nanoTime);
    }

    BatchSender(
            ClickHouse clickHouse, String table, List<String> columns, Retry retry, SinkMetrics metrics, LongSupplier nanoTime) {
        this.clickHouse = clickHouse;
        this.table = table;
        this.columns = columns;
        this.retry = retry;
        this.metrics = metrics;
        this.nanoTime = nanoTime;
        this.thread =
                Executors.newSingleThreadExecutor(
                        work -> {
                            Thread created = new Thread(work, "clickhouse-" + table);
                            created.setDaemon(true);
                            return created;
                        });
    }

    /** Waits for the batch before this one, starts to send this one, and gives an empty buffer. */
    RowBinaryBuffer exchange(RowBinaryBuffer batch, int rows) throws IOException, InterruptedException {
        RowBinaryBuffer free = acknowledged();
        onItsWay = thread.submit(() -> insert(batch, rows));
        return free;
    }

    /** Returns when nothing is on its way. Raises the error of a batch that could not be written. */
    void await() throws IOException, InterruptedException {
        acknowledged();
    }

    /** Raises the error of a batch that could not be written; does not wait. */
    void check() throws IOException, InterruptedException {
        if (failed) {
            acknowledged();
        }
    }

    /** How long the last insert took, with its retries. */
    long lastMillis() {
        return lastMillis;
    }

    boolean isBusy() {
        return !onItsWay.isDone();
    }

    /** Does not wait for what is on its way: a task that is cancelled or has failed will send it again. */
    @Override
    public void close() {
        thread.shutdownNow();
        clickHouse.close();
    }

    private RowBinaryBuffer acknowledged() throws IOException, InterruptedException {
        try {
            return onItsWay.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException error ? error : new IOException(e.getCause());
        }
    }

    private RowBinaryBuffer insert(RowBinaryBuffer batch, int rows) throws IOException, InterruptedException {
        long began = nanoTime.getAsLong();
        try {
            retry.call(
                    () -> {
                        clickHouse.insert(table, columns, batch);
                        return batch;
                    },
                    metrics::again);
        } catch (ClickHouseException e) {
            failed = true;
            throw new ClickHouseWriteException(rows, table, e);
        } catch (RuntimeException | Error e) {
            failed = true;
            throw e;
        }
        lastMillis = TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - began);
        metrics.written(rows, batch.size(), lastMillis);
        batch.clear();
        return batch;
    }
}
