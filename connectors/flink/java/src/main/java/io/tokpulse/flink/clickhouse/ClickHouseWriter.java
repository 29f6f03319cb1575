package io.tokpulse.flink.clickhouse;

import java.io.IOException;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.table.data.RowData;

/**
 * Collects rows and decides when they are sent: at {@code batchBytes}, when the oldest is {@code batchAgeMillis} old, before a checkpoint
 * barrier and at the end of the input. A few large inserts cost ClickHouse less than many small ones: while it is busy, so that an insert
 * takes long, rows wait {@link #SHARE} times as long as the last one took, at most {@link #LONGEST} times {@code batchAgeMillis}.
 *
 * <p>{@link #flush} returns when ClickHouse has acknowledged every row: what a checkpoint covers is written. A failed insert is an
 * {@link IOException} of the next call, which fails the task. {@link #write} blocks while one batch is on its way and the next one is full;
 * that is what slows the source down.
 */
final class ClickHouseWriter implements SinkWriter<RowData> {

    static final int SHARE = 10;
    static final int LONGEST = 6;

    private final RowEncoder encoder;
    private final BatchSender sender;
    private final ProcessingTimeService clock;
    private final int batchBytes;
    private final long batchAgeMillis;

    private RowBinaryBuffer buffer = new RowBinaryBuffer();
    private int rows;
    private long began;
    private boolean timerIsSet;

    ClickHouseWriter(RowEncoder encoder, BatchSender sender, ProcessingTimeService clock, int batchBytes, long batchAgeMillis) {
        this.encoder = encoder;
        this.sender = sender;
        this.clock = clock;
        this.batchBytes = batchBytes;
        this.batchAgeMillis = batchAgeMillis;
    }

    @Override
    public void write(RowData row, Context context) throws IOException, InterruptedException {
        sender.check();
        if (rows == 0) {
            encoder.begin(buffer);
            began = clock.getCurrentProcessingTime();
            wakeAt(began + batchAgeMillis);
        }
        encoder.encode(row, buffer);
        rows++;
        if (buffer.size() >= batchBytes) {
            send();
        }
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
        send();
        sender.await();
    }

    @Override
    public void close() {
        sender.close();
    }

    private void send() throws IOException, InterruptedException {
        if (rows > 0) {
            buffer = sender.exchange(buffer, rows);
            rows = 0;
        }
    }

    private void wakeAt(long time) {
        if (!timerIsSet) {
            timerIsSet = true;
            clock.registerTimer(time, this::awake);
        }
    }

    /** Never blocks: while a batch is on its way, rows go on being collected behind it. */
    private void awake(long now) throws IOException, InterruptedException {
        timerIsSet = false;
        sender.check();
        if (rows == 0) {
            return;
        }
        long wait = Math.min(SHARE * sender.lastMillis(), LONGEST * batchAgeMillis);
        long due = began + Math.max(wait, batchAgeMillis);
        if (now < due) {
            wakeAt(due);
        } else if (sender.isBusy()) {
            wakeAt(now + Math.max(1, batchAgeMillis / 10));
        } else {
            send();
        }
    }
}
