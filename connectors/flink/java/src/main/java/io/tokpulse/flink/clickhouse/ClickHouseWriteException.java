package io.tokpulse.flink.clickhouse;

import java.io.IOException;

/** Rows could not be written: a permanent error, or a transient one for longer than {@link Retry} tries. */
public final class ClickHouseWriteException extends IOException {

    private static final long serialVersionUID = 1L;

    ClickHouseWriteException(int rows, String table, ClickHouseException cause) {
        super(
                rows + " rows for " + table + " were not written: " + cause.getMessage()
                        + " (the job restarts from its last checkpoint; nothing is lost while Kafka keeps the records)",
                cause);
    }
}
