package io.tokpulse.flink.avro;

/** A rule that one whole number of a record must keep, beyond its encoding. */
interface LongCheck {

    /** Raises {@link BadRecordException} when {@code value} breaks the rule. */
    void check(long value) throws BadRecordException;

    /** Raises {@link BadRecordException} when the rule does not allow null; allowed unless said otherwise. */
    default void checkNull() throws BadRecordException {}

    /** A counter: zero or more, and so small that sums of a few counters stay exact, in doubles too. */
    record NonNegative(String field) implements LongCheck {
        private static final long MAX = 1L << 53;

        @Override
        public void check(long value) throws BadRecordException {
            if (value < 0) {
                throw BadRecordException.named(BadReason.NEGATIVE_COUNTER, field + "=" + value);
            }
            if (value > MAX) {
                throw BadRecordException.named(BadReason.COUNTER_TOO_LARGE, field + "=" + value + " is above " + MAX);
            }
        }
    }

    /** The event time in Unix milliseconds: not before {@code min}, at most {@code maxAhead} ms after the clock. */
    final class EventTime implements LongCheck {
        private final String field;
        private final long min;
        private final long maxAhead;
        private long newest = Long.MIN_VALUE;

        EventTime(String field, long min, long maxAhead) {
            this.field = field;
            this.min = min;
            this.maxAhead = maxAhead;
        }

        @Override
        public void check(long value) throws BadRecordException {
            if (value < min) {
                throw BadRecordException.named(
                        BadReason.EVENT_TIME_OUT_OF_RANGE, field + "=" + value + " is before " + min);
            }
            // The clock is asked only by the record that passes the limit computed the last time.
            if (value > newest) {
                newest = System.currentTimeMillis() + maxAhead;
                if (value > newest) {
                    throw BadRecordException.named(
                            BadReason.EVENT_TIME_IN_FUTURE,
                            field + "=" + value + " is more than " + maxAhead + " ms ahead of the clock");
                }
            }
        }

        @Override
        public void checkNull() throws BadRecordException {
            throw BadRecordException.named(BadReason.EVENT_TIME_OUT_OF_RANGE, field + " is null");
        }
    }
}
