package io.tokpulse.flink.avro;

import java.io.Serializable;
import java.util.Set;

/**
 * What a record must keep beyond its encoding. Fields are named by path ({@code play_count},
 * {@code stats.followerCount}) and are read for this even where no column shows them.
 *
 * @param nonNegative whole numbers that may not be below zero
 * @param eventTimeField a whole number of Unix milliseconds, or null for no check of the event time
 * @param eventTimeMin smallest event time
 * @param eventTimeMaxAhead milliseconds that the event time may be ahead of this machine's clock
 */
record RecordRules(
        Set<String> nonNegative, String eventTimeField, long eventTimeMin, long eventTimeMaxAhead)
        implements Serializable {

    boolean isEventTime(String path) {
        return path.equals(eventTimeField);
    }

    /** The check of the field at {@code path}, or null. */
    LongCheck checkOf(String path) {
        if (isEventTime(path)) {
            return new LongCheck.EventTime(path, eventTimeMin, eventTimeMaxAhead);
        }
        return nonNegative.contains(path) ? new LongCheck.NonNegative(path) : null;
    }
}
