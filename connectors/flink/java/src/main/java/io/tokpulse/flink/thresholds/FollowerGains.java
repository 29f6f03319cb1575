package io.tokpulse.flink.thresholds;

import io.tokpulse.flink.thresholds.Thresholds.Gain;

/** Which rules about gained followers a snapshot breaks. */
public final class FollowerGains {

    private static final long HOUR = 3_600_000L;

    private FollowerGains() {}

    /**
     * Place of the snapshot from which {@code gain} is broken by snapshot {@code now}, -1 when it is not. {@code times} (Unix
     * milliseconds) rise and are parallel to {@code counts} and {@code bases}; of all the first {@code now + 1} elements count.
     *
     * <p>A gain is counted from the smallest base ({@link Bases}) among the earlier snapshots of the rule's span, the most recent one of
     * equals. A span without one says nothing, and neither does a count that is no base itself.
     */
    public static int brokenFrom(long[] times, long[] counts, boolean[] bases, int now, Gain gain) {
        if (!bases[now]) {
            return -1;
        }
        long since = times[now] - gain.withinHours() * HOUR;
        int least = -1;
        for (int i = now - 1; i >= 0 && times[i] >= since; i--) {
            boolean founded = bases[i] && !Bases.isUnfounded(counts[now], counts[i]);
            if (founded && (least < 0 || counts[i] < counts[least])) {
                least = i;
            }
        }
        return least >= 0 && counts[now] - counts[least] > gain.gained() ? least : -1;
    }
}
