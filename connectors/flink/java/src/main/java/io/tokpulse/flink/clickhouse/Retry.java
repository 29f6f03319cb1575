package io.tokpulse.flink.clickhouse;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Makes a request again while its error is transient, with growing, random pauses, so that subtasks do not come back together.
 *
 * <p>A blocked task holds a checkpoint's barrier: {@link #TRY_AGAIN_FOR} plus what the last try may take, see {@link SharedClients}, is
 * below the checkpoints' timeout of 2 min. Then Flink restarts the job.
 */
public final class Retry {

    /** The last try begins no later than this after the first one. */
    public static final Duration TRY_AGAIN_FOR = Duration.ofSeconds(45);

    private static final double FIRST_PAUSE_MS = 200;
    private static final double LONGEST_PAUSE_MS = 10_000;

    private final long tryAgainNanos;

    public Retry() {
        this(TRY_AGAIN_FOR);
    }

    /** Another time to try for: shorter where somebody waits for an answer, longer where nothing does. */
    public Retry(Duration tryAgainFor) {
        tryAgainNanos = tryAgainFor.toNanos();
    }

    /** Something that ClickHouse is asked. */
    @FunctionalInterface
    public interface Request<T> {

        T make() throws ClickHouseException;
    }

    /**
     * The answer to {@code request}; {@code beforeAgain} is called before each further try. Raises the last try's error.
     */
    public <T> T call(Request<T> request, Runnable beforeAgain) throws ClickHouseException, InterruptedException {
        long began = System.nanoTime();
        for (int tries = 1; ; tries++) {
            long pause = TimeUnit.MILLISECONDS.toNanos(ThreadLocalRandom.current().nextLong(longestPauseMillis(tries) + 1));
            try {
                return request.make();
            } catch (ClickHouseException e) {
                if (!e.isTransient() || System.nanoTime() - began + pause >= tryAgainNanos) {
                    throw e;
                }
            }
            beforeAgain.run();
            TimeUnit.NANOSECONDS.sleep(pause);
        }
    }

    /** The upper end of the pause after this many tries; the lower one is 0. */
    static long longestPauseMillis(int tries) {
        return (long) Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * Math.pow(2, tries));
    }
}
