package io.tokpulse.flink.avro;

import org.apache.flink.runtime.execution.SuppressRestartsException;

import java.io.Serializable;

/**
 * Stops a job whose input is mostly bad: a wrong topic or a broken producer would otherwise be copied record by
 * record into the dead-letter queue. Counts per subtask, from its start.
 */
final class Brake {

    /**
     * When to stop.
     *
     * @param consecutive bad records in a row; 0 for never
     * @param ratio share of bad records in a block, above which to stop; 0 for never
     * @param block records over which the ratio is taken
     */
    record Limits(long consecutive, double ratio, long block) implements Serializable {}

    private final Limits limits;
    private final String input;
    private long inARow;
    private long read;
    private long bad;
    private String lastError;

    /** {@code input} says in the message what was being read. */
    Brake(Limits limits, String input) {
        this.limits = limits;
        this.input = input;
    }

    /** Raises {@link SuppressRestartsException}, as {@link #bad} does, when this record completes a bad block. */
    void good() {
        inARow = 0;
        count();
    }

    /**
     * Raises {@link SuppressRestartsException}, which fails the job without a restart, when this record passes a
     * limit. A restart would read the same records again.
     */
    void bad(String error) {
        lastError = error;
        inARow++;
        bad++;
        if (limits.consecutive() > 0 && inARow >= limits.consecutive()) {
            throw stop(inARow + " bad records in a row", "stop-after-consecutive");
        }
        count();
    }

    private void count() {
        if (++read < limits.block()) {
            return;
        }
        if (limits.ratio() > 0 && bad > limits.ratio() * read) {
            throw stop(bad + " bad records among the last " + read, "stop-ratio");
        }
        read = 0;
        bad = 0;
    }

    private SuppressRestartsException stop(String what, String option) {
        String message = "Stopped by the brake of format " + AvroDlqOptions.IDENTIFIER + ": " + what
                + " while reading " + input + " in one subtask; the last one: " + lastError
                + ". Check that the topic and its producers write this record, then submit again; option '" + option
                + "' moves the limit, 0 switches it off.";
        return new SuppressRestartsException(new IllegalStateException(message));
    }
}
