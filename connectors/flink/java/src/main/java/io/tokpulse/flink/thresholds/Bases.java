package io.tokpulse.flink.thresholds;

import java.time.Duration;

/**
 * Which counts of a counter later ones may be compared with. A counter that shows less than half of a large count is away: until it is
 * back at what it was, or a day after that it shows anything but 0, nothing is compared with what it shows. See docs/adr.
 */
public final class Bases {

    /** Below it a counter may fall as it likes, and may rise from 0. */
    public static final long LARGE = 1_000;

    private static final long SPAN = Duration.ofDays(1).toMillis();

    private Bases() {}

    /**
     * Whether {@code count} at {@code at} (Unix milliseconds) is the base of what follows, where {@code base} at {@code baseAt} was that
     * of what is between; {@code away} says that there was something between, so that the counter was away.
     */
    public static boolean holds(long at, long count, long baseAt, long base, boolean away) {
        return base < LARGE || count >= base || count > 0 && (away ? at - baseAt >= SPAN : !isFallen(count, base));
    }

    /** Whether {@code count} is less than half of {@code base}. */
    public static boolean isFallen(long count, long base) {
        return count < base - count;
    }

    /** Whether 0 is no base of {@code count}: a counter that large did not begin while nobody looked. */
    public static boolean isUnfounded(long count, long base) {
        return base == 0 && count >= LARGE;
    }
}
