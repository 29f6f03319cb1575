package io.tokpulse.flink.thresholds;

import io.tokpulse.flink.clickhouse.ClickHouse;
import io.tokpulse.flink.clickhouse.ClickHouseException;
import io.tokpulse.flink.clickhouse.Retry;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.apache.flink.table.functions.FunctionContext;

/**
 * Every published version as of at most half a second ago, asked of ClickHouse while there is something to judge. The tasks of a JVM share
 * what is known: one of them asks, and the others go on meanwhile when they judge times before the last answer.
 *
 * <p>While ClickHouse does not answer, what is known serves for times before the last answer: a version takes effect after it was
 * published, unless somebody backdates it, so no unknown one can be in force there. A later time waits, and then fails.
 */
public final class PublishedThresholds implements AutoCloseable {

    /** The job's parameter that holds the query: SQL stays in files. */
    public static final String QUERY = "tokpulse.thresholds.query";

    private static final Map<String, Shared> BY_QUERY = new HashMap<>();

    /** Lines of JSON, one per version. */
    public interface Source {
        List<String> lines() throws IOException;
    }

    private final KnownVersions known;
    private final Runnable onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    public PublishedThresholds(Source source, LongSupplier nanoTime, LongSupplier wallMillis) {
        this(new KnownVersions(source, nanoTime, wallMillis), () -> {});
    }

    private PublishedThresholds(KnownVersions known, Runnable onClose) {
        this.known = known;
        this.onClose = onClose;
    }

    /** For one task of a job with the parameter {@link #QUERY}. Asks for nothing yet. */
    public static PublishedThresholds of(FunctionContext context) throws ClickHouseException {
        String query = context.getJobParameter(QUERY, null);
        if (query == null) {
            throw new IllegalStateException("the job has no parameter " + QUERY + ": submit it with the project's own jobs");
        }
        synchronized (BY_QUERY) {
            Shared shared = BY_QUERY.get(query);
            if (shared == null) {
                shared = new Shared(query, ClickHouse.fromEnvironment());
                BY_QUERY.put(query, shared);
            }
            shared.tasks++;
            return new PublishedThresholds(shared.known, shared::leave);
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

    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            onClose.run();
        }
    }

    /** What the tasks of this JVM know, until the last of them is closed. */
    private static final class Shared {

        private final String query;
        private final ClickHouse clickHouse;
        private final KnownVersions known;
        private int tasks;

        private Shared(String query, ClickHouse clickHouse) {
            this.query = query;
            this.clickHouse = clickHouse;
            String asJson = query + " FORMAT JSONEachRow";
            known = new KnownVersions(() -> clickHouse.lines(asJson), System::nanoTime, System::currentTimeMillis);
        }

        private void leave() {
            synchronized (BY_QUERY) {
                if (--tasks == 0) {
                    BY_QUERY.remove(query);
                    clickHouse.close();
                }
            }
        }
    }
}
