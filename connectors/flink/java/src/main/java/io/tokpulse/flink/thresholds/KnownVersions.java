package io.tokpulse.flink.thresholds;

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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The versions that a source gave at most half a second ago. One thread asks at a time; the others go on meanwhile when they judge times
 * before the last answer, and wait for the next one else.
 */
final class KnownVersions {

    private static final Logger LOG = LoggerFactory.getLogger(PublishedThresholds.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
    private static final long REFRESH_NANOS = Duration.ofMillis(500).toNanos();
    private static final long RETRY_NANOS = Retry.TRY_AGAIN_FOR.toNanos();
    private static final long LONGEST_PAUSE_MILLIS = 5_000;

    private final PublishedThresholds.Source source;
    private final LongSupplier nanoTime;
    private final LongSupplier wallMillis;
    private final ReentrantLock asking = new ReentrantLock();
    private final Map<String, Thresholds> versions = new HashMap<>();
    private volatile long askedNanos;
    private volatile boolean asked;
    private volatile boolean answered;
    private volatile long knownUntil = Long.MIN_VALUE;
    private volatile List<Thresholds> newestFirst = List.of();

    KnownVersions(PublishedThresholds.Source source, LongSupplier nanoTime, LongSupplier wallMillis) {
        this.source = source;
        this.nanoTime = nanoTime;
        this.wallMillis = wallMillis;
    }

    /** Newest first, as of now for a judgement of {@code time}. */
    List<Thresholds> newestFirst(long time) throws IOException, InterruptedException {
        refresh(time);
        return newestFirst;
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
}
