package io.tokpulse.flink.thresholds;

import io.tokpulse.flink.clickhouse.ClickHouse;
import io.tokpulse.flink.clickhouse.ClickHouseException;
import io.tokpulse.flink.clickhouse.Retry;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.flink.table.functions.FunctionContext;

/**
 * Every published version as of at most half a second ago, asked of ClickHouse while there is something to judge. The tasks of a run share
 * what is known in their JVM: one of them asks, and the others go on meanwhile when they judge times before the last answer.
 *
 * <p>While ClickHouse does not answer, what is known serves for times before the last answer: a version takes effect after it was
 * published, unless somebody backdates it, so no unknown one can be in force there. A later time waits, and then fails.
 */
public final class PublishedThresholds {

    /** The job's parameter that holds the query: SQL stays in files. */
    public static final String QUERY = "tokpulse.thresholds.query";

    /** The job's parameter with the id of its run. */
    public static final String RUN = "tokpulse.run.id";

    /** Flink closes no process table function, so that the tasks' references say whether a run is there. */
    private static final Map<String, WeakReference<KnownVersions>> BY_RUN = new HashMap<>();

    /** Lines of JSON, one per version. */
    public interface Source {
        List<String> lines() throws IOException;
    }

    private final KnownVersions known;

    public PublishedThresholds(Source source, LongSupplier nanoTime, LongSupplier wallMillis) {
        this(new KnownVersions(source, nanoTime, wallMillis));
    }

    private PublishedThresholds(KnownVersions known) {
        this.known = known;
    }

    /** For one task of a job with the parameters {@link #QUERY} and {@link #RUN}. Asks for nothing yet. */
    public static PublishedThresholds of(FunctionContext context) throws ClickHouseException {
        String query = context.getJobParameter(QUERY, null);
        if (query == null) {
            throw new IllegalStateException("the job has no parameter " + QUERY + ": submit it with the project's own jobs");
        }
        String run = context.getJobParameter(RUN, "");
        synchronized (BY_RUN) {
            BY_RUN.values().removeIf(known -> known.get() == null);
            WeakReference<KnownVersions> shared = BY_RUN.get(run);
            KnownVersions known = shared == null ? null : shared.get();
            if (known == null) {
                ClickHouse clickHouse = ClickHouse.fromEnvironment();
                String asJson = query + " FORMAT JSONEachRow";
                known = new KnownVersions(() -> clickHouse.lines(asJson), System::nanoTime, System::currentTimeMillis);
                BY_RUN.put(run, new WeakReference<>(known));
            }
            return new PublishedThresholds(known);
        }
    }

    /**
     * The version published last among those in effect at {@code time}, Unix milliseconds. Raises {@link IOException} when ClickHouse
     * does not say for {@link Retry#TRY_AGAIN_FOR}, or no version is in force then.
     */
    public Thresholds inForce(long time) throws IOException, InterruptedException {
        for (Thresholds version : known.newestFirst(time)) {
            if (version.effectiveFrom() <= time) {
                return version;
            }
        }
        throw new IOException(
                "no version of the thresholds is in force at "
                        + time
                        + ": `tokpulse init` publishes the first, in force from 1970 on");
    }
}
