package io.tokpulse.flink.watermark;

import java.io.Serializable;
import org.apache.flink.util.Preconditions;

/**
 * What the source and the watermark strategy of one task share. Flink deserializes both together, once for each task, and makes the
 * reader before the first generator.
 */
final class OfTask<T> implements Serializable {

    private static final long serialVersionUID = 1L;

    private transient TaskWatermarks<T> watermarks;

    void set(TaskWatermarks<T> ofReader) {
        watermarks = ofReader;
    }

    TaskWatermarks<T> watermarks() {
        return Preconditions.checkNotNull(watermarks, "Flink no longer makes the reader first, or from the same object");
    }
}
