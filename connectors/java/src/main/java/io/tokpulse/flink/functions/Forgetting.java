package io.tokpulse.flink.functions;

import java.time.Duration;

/** When functions drop what they know of a post or a user: by timers, in event time, so that neither a pause nor a replay changes it. */
final class Forgetting {

    /**
     * The time to live of all state here: none. Left out, Flink 2.3 takes one of 292 million years, and at every access looks for other
     * entries that have expired, which was half of the pipeline's processor time.
     */
    static final String NO_TTL = "0 s";

    private static final long REMEMBERED = Duration.ofDays(31).toMillis();

    private Forgetting() {}

    /**
     * How long (ms) after the newest news: longer than the topics keep their records, so that a job that has run for months knows all
     * that a replay finds, and at least {@code needed}.
     */
    static long after(long needed) {
        return Math.max(REMEMBERED, needed);
    }
}
