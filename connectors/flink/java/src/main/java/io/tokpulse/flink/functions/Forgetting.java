package io.tokpulse.flink.functions;

import java.time.Duration;

/**
 * When functions drop what they know of a post, an author or a user: by timers, in event time, so that neither a pause nor the speed of a
 * replay changes it. Only {@link LatestSnapshot} has a time to live, for it can have no timers.
 */
final class Forgetting {

    /**
     * The time to live of state that has timers: none. Left out, Flink 2.3 takes one of 292 million years, and at every access looks for
     * other entries that have expired, which was half of the pipeline's processor time.
     */
    static final String NO_TTL = "0 s";

    /** The time to live of state that cannot have timers. */
    static final String TTL = "31 days";

    /**
     * How far back (ms) an earlier hour or snapshot is looked for. Longer than the topics keep their records, so that a job that has run
     * for months knows all that a replay finds.
     */
    static final long REACH = Duration.ofDays(31).toMillis();

    private Forgetting() {}

    /**
     * How long after the newest news all is forgotten, in whole hours: whatever comes within {@code needed}, which is at least the late
     * bound, finds what is within reach of it.
     */
    static long after(long needed) {
        return REACH + wholeHours(needed);
    }

    /** {@code millis}, or the next whole hour. */
    static long wholeHours(long millis) {
        return (millis + PostHours.HOUR - 1) / PostHours.HOUR * PostHours.HOUR;
    }
}
