package io.tokpulse.flink.watermark;

import java.io.Serializable;

/** How long a drained partition is waited for (zero: always), and how long other tasks are after a silence. */
record Patience(long idleMillis, long settleMillis) implements Serializable {

    boolean everIdle() {
        return idleMillis > 0;
    }
}
