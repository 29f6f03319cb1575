package io.tokpulse.flink.thresholds;

import io.tokpulse.flink.clickhouse.ClickHouse;
import io.tokpulse.flink.clickhouse.ClickHouseException;
import io.tokpulse.flink.clickhouse.Retry;
import java.io.IOException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.functions.FunctionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    private static final Logger LOG = LoggerFactory.getLogger(PublishedThresholds.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
    private static final long REFRESH_NANOS = Duration.ofMillis(500).toNanos();
    private static final long RETRY_NANOS = Retry.TRY_AGAIN_FOR.toNanos();
    private static final long LONGEST_PAUSE_MILLIS = 5_000;

    /** By query. */
    private static final Map<String, PublishedThresholds> OF_JVM = new HashMap<>();

    /** Lines of JSON, one per version. */
    public interface Source {
        List<String> lines() throws IOException;
    }

    private final Source source;
    private final LongSupplier nanoTime;
    private final LongSupplier wallMillis;
    private final Runnable onClose;
    private final ReentrantLock asking = new ReentrantLock();
    private final Map<String, Thresholds> versions = new HashMap<>();
    private volatile long askedNanos;
    private volatile boolean asked;
    private volatile boolean answered;
    private volatile long knownUntil = Long.MIN_VALUE;
    private volatile List<Thresholds> newestFirst = List.of();
    private int users;

    public PublishedThresholds(Source source, LongSupplier nanoTime, LongSupplier wallMillis, Runnable onClose) {
        this.source = source;
        this.nanoTime = nanoTime;
        this.wallMillis = wallMillis;
        this.onClose = onClose;
    }

    /** For one task of a job with the parameter {@link #QUERY}, until it closes it. Asks for nothing yet. */
    public static PublishedThresholds of(FunctionContext context) throws ClickHouseException {
        String query = context.getJobParameter(QUERY, null);
        if (query == null) {
            throw new IllegalStateException("the job has no parameter " + QUERY + ": submit it with the project's own jobs");
        }
        synchronized (OF_JVM) {
            PublishedThresholds shared = OF_JVM.get(query);
            if (shared == null) {
                ClickHouse clickHouse = ClickHouse.fromEnvironment();
                String asJson = query + " FORMAT JSONEachRow";
                shared =
                        new PublishedThresholds(
                                () -> clickHouse.lines(asJson), System::nanoTime, System::currentTimeMillis, () -> leave(query, clickHouse));
                OF_JVM.put(query, shared);
            }
            shared.users++;
            return shared;
        }
    }

    private static void leave(String query, ClickHouse clickHouse) {
        synchronized (OF_JVM) {
            if (--OF_JVM.get(query).users == 0) {
                OF_JVM.remove(query);
                clickHouse.close();
            }
        }
    }

    /**
     * The version published last among those in effect at {@code time}, Unix milliseconds. Raises {@link IOException} when ClickHouse
     * does not say for {@link Retry#TRY_AGAIN_FOR}, or no version is in force then.
     */
    public Thresholds inForce(long time) throws IOException, InterruptedException {
        refresh(time);
        for (Thresholds version : newestFirst) {
            if (version.effectiveFrom() <= time) {
                return version;
            }
        }
        throw new IOException(
                "no version of the thresholds is in force at "
                        + time
                        + ": `tokpulse init` publishes the first, in force from 1970 on");
    }

    private void refresh(long time) throws IOException, InterruptedException {
        if (isFresh(time)) {
            return;
        }
        if (!asking.tryLock()) {
            if (time < knownUntil) {
                return;
            }
            asking.lockInterruptibly();
        }
        try {
            if (!isFresh(time)) {
                askUntilKnown(time);
            }
        } finally {
            asking.unlock();
        }
    }

    private boolean isFresh(long time) {
        return asked && (answered || time < knownUntil) && nanoTime.getAsLong() - askedNanos < REFRESH_NANOS;
    }

    private void askUntilKnown(long time) throws IOException, InterruptedException {
        long began = nanoTime.getAsLong();
        for (long pause = 200; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS)) {
            try {
                ask();
                return;
            } catch (IOException e) {
                askedNanos = nanoTime.getAsLong();
                asked = true;
                answered = false;
                if (time < knownUntil) {
                    return;
                }
                if (askedNanos - began > RETRY_NANOS) {
                    throw e;
                }
                LOG.warn("thresholds: {}", e.getMessage());
                Thread.sleep(pause);
            }
        }
    }

    private void ask() throws IOException {
        long began = wallMillis.getAsLong();
        Map<String, Thresholds> answer = new HashMap<>();
        IOException spoilt = null;
        for (String line : source.lines()) {
            try {
                Thresholds version = version(line);
                answer.put(version.version().toString(), version);
            } catch (IOException e) {
                // Somebody wrote it by hand; the others hold.
                LOG.warn("thresholds: {}", e.getMessage());
                spoilt = e;
            }
        }
        if (answer.isEmpty() && spoilt != null) {
            throw spoilt;
        }
        // Versions are never taken back: an answer without one of them is that of a replica that lags.
        boolean complete = answer.keySet().containsAll(versions.keySet());
        versions.putAll(answer);
        newestFirst =
                versions.values().stream().sorted(Comparator.comparingLong(Thresholds::sequence).reversed()).toList();
        if (complete) {
            knownUntil = began;
        }
        askedNanos = nanoTime.getAsLong();
        asked = true;
        answered = true;
    }

    private static Thresholds version(String line) throws IOException {
        try {
            JsonNode row = JSON.readTree(line);
            return Thresholds.parse(
                    row.required("sequence").asLong(),
                    LocalDateTime.parse(row.required("effective_from").asText(), MOMENT).toInstant(ZoneOffset.UTC).toEpochMilli(),
                    row.required("version").asText(),
                    row.required("content").asText());
        } catch (RuntimeException e) {
            throw new IOException("a version in ClickHouse cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        onClose.run();
    }
}
