package io.tokpulse.flink.thresholds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a task knows of the published versions, with clocks and a ClickHouse of the test's own. */
class PublishedThresholdsTest {

    private static final String FIRST = "1970-01-01 00:00:00.000";
    private static final String TENTH_SECOND = "1970-01-01 00:00:10.000";

    private final List<String> lines = new ArrayList<>();
    private IOException outage;
    private Duration answerTakes = Duration.ZERO;
    private int asked;
    private long nanos;
    private long wall = 1_000_000;

    private Waiting onAsked = () -> {};

    private interface Waiting {
        void call() throws InterruptedException;
    }

    private final PublishedThresholds published =
            new PublishedThresholds(
                    () -> {
                        asked++;
                        try {
                            onAsked.call();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        nanos += answerTakes.toNanos();
                        if (outage != null) {
                            throw outage;
                        }
                        return List.copyOf(lines);
                    },
                    () -> nanos,
                    () -> wall);

    @Test
    void theVersionPublishedLastAmongThoseInEffectHolds() throws Exception {
        lines.add(line(1, FIRST));
        lines.add(line(3, TENTH_SECOND));
        assertEquals("v1", inForce(9_999));
        assertEquals("v3", inForce(10_000));
        lines.add(line(4, FIRST));
        later(500);
        assertEquals("v4", inForce(10_000), "a later version that takes effect earlier replaces one that was planned");
    }

    @Test
    void itAsksTwiceASecondAtMost() throws Exception {
        lines.add(line(1, FIRST));
        inForce(0);
        inForce(1);
        assertEquals(1, asked);
        later(499);
        inForce(2);
        assertEquals(1, asked);
        later(1);
        inForce(3);
        assertEquals(2, asked);
    }

    @Test
    @Timeout(60)
    void whileOneTaskAsksOthersGoOnWithTimesBeforeTheLastAnswer() throws Exception {
        lines.add(line(1, FIRST));
        inForce(0);
        later(500);
        CountDownLatch isAsking = new CountDownLatch(1);
        CountDownLatch mayAnswer = new CountDownLatch(1);
        onAsked =
                () -> {
                    isAsking.countDown();
                    mayAnswer.await();
                };
        CompletableFuture<String> first = inForceElsewhere(0);
        isAsking.await();
        assertEquals("v1", inForce(wall - 501));
        CompletableFuture<String> later = inForceElsewhere(wall + 1);
        assertThrows(TimeoutException.class, () -> later.get(50, TimeUnit.MILLISECONDS), "that time is not known of yet");
        mayAnswer.countDown();
        assertEquals("v1", first.get());
        assertEquals("v1", later.get());
        assertEquals(2, asked, "what one has asked the other knows");
    }

    @Test
    void anOutageMattersOnlyForTimesAfterTheLastAnswer() throws Exception {
        lines.add(line(1, FIRST));
        inForce(0);
        outage = new IOException("away");
        answerTakes = Duration.ofSeconds(20);
        later(500);
        assertEquals("v1", inForce(wall - 1_000));
        later(500);
        assertEquals("away", assertThrows(IOException.class, () -> inForce(wall + 1)).getMessage());
        outage = null;
        assertEquals("v1", inForce(wall + 1));
    }

    @Test
    void anAnswerOfAReplicaThatLagsTakesNothingBack() throws Exception {
        lines.add(line(1, FIRST));
        lines.add(line(2, FIRST));
        inForce(0);
        lines.remove(1);
        later(500);
        assertEquals("v2", inForce(0));
    }

    @Test
    void whatSomebodySpoiltByHandIsLeftOut() throws Exception {
        lines.add("{\"version\":\"v9\",\"sequence\":9,\"effective_from\":\"" + FIRST + "\",\"content\":\"{}\"}");
        answerTakes = Duration.ofSeconds(20);
        assertTrue(assertThrows(IOException.class, () -> inForce(0)).getMessage().contains("v9"));
        lines.add(line(1, FIRST));
        later(500);
        assertEquals("v1", inForce(0));
    }

    @Test
    void noVersionInForceIsSaid() {
        lines.add(line(1, TENTH_SECOND));
        assertTrue(assertThrows(IOException.class, () -> inForce(5)).getMessage().contains("in force at 5"));
    }

    @Test
    void tiersBeginAtTheirFollowers() throws Exception {
        lines.add(line(1, FIRST));
        Thresholds thresholds = published.inForce(0);
        assertEquals("small", thresholds.tierOf(999L).name().toString());
        assertEquals("big", thresholds.tierOf(1_000L).name().toString());
        assertEquals("small", thresholds.tierOf(-5L).name().toString());
        assertEquals("unknown", thresholds.tierOf(null).name().toString());
        assertEquals(300.0, thresholds.tierOf(null).playsPerHour());
    }

    @Test
    void momentumMayBeLeftOutAndNeedsARateForEachTier() throws Exception {
        lines.add(line(1, FIRST));
        assertNull(published.inForce(0).momentum());
        lines.add(moving(2, "{'small':50.5,'big':250.0,'unknown':9.0}"));
        lines.add(moving(3, "{'small':50.5,'big':250.0}"));
        lines.add(moving(4, "{'big':250.0,'unknown':9.0}"));
        later(500);
        assertEquals("v2", inForce(0), "the others cannot be read");
        Thresholds.Momentum rule = published.inForce(0).momentum();
        assertEquals(50.5, rule.playsPerHour().get(published.inForce(0).tierOf(1L).name()));
        assertEquals(9.0, rule.playsPerHour().get(published.inForce(0).tierOf(null).name()));
        assertEquals(9.0, rule.least());
        assertEquals(3, rule.observations());
        assertEquals(Duration.ofHours(6).toMillis(), rule.quietMillis());
    }

    @Test
    void aGainIsCountedFromTheSmallestCountOfTheSpan() {
        long hour = 3_600_000;
        long[] times = {0, hour, 2 * hour, 3 * hour};
        long[] counts = {10, 50, 50, 151};
        boolean[] bases = {true, true, true, true};
        assertEquals(2, FollowerGains.brokenFrom(times, counts, bases, 3, new Thresholds.Gain(100, 2)), "the most recent one of equals");
        assertEquals(-1, FollowerGains.brokenFrom(times, counts, bases, 3, new Thresholds.Gain(101, 2)), "more than, not as many as");
        assertEquals(0, FollowerGains.brokenFrom(times, counts, bases, 3, new Thresholds.Gain(100, 3)), "the span's beginning belongs to it");
        assertEquals(-1, FollowerGains.brokenFrom(times, counts, bases, 0, new Thresholds.Gain(0, 3)), "nothing earlier says nothing");
        bases[0] = false;
        assertEquals(-1, FollowerGains.brokenFrom(times, counts, bases, 3, new Thresholds.Gain(101, 3)), "what is no base is passed over");
        bases[3] = false;
        assertEquals(-1, FollowerGains.brokenFrom(times, counts, bases, 3, new Thresholds.Gain(100, 3)), "and gains nothing");
    }

    @Test
    void zeroIsNoBaseOfALargeCount() {
        long[] times = {0, 1, 2};
        boolean[] bases = {true, true, true};
        assertEquals(0, FollowerGains.brokenFrom(times, new long[] {0, 999}, bases, 1, new Thresholds.Gain(100, 1)));
        assertEquals(-1, FollowerGains.brokenFrom(times, new long[] {0, 1_000}, bases, 1, new Thresholds.Gain(100, 1)));
        assertEquals(1, FollowerGains.brokenFrom(times, new long[] {0, 1, 1_000}, bases, 2, new Thresholds.Gain(100, 1)));
    }

    private String inForce(long time) throws Exception {
        return published.inForce(time).version().toString();
    }

    private CompletableFuture<String> inForceElsewhere(long time) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return inForce(time);
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                });
    }

    private void later(long millis) {
        nanos += Duration.ofMillis(millis).toNanos();
        wall += millis;
    }

    private static String moving(int sequence, String rates) {
        String rule = ",'momentum':{'plays_per_hour':" + rates + ",'least_observations':3,'quiet_hours':6}}";
        String without = line(sequence, FIRST);
        return without.substring(0, without.length() - 3) + rule.replace("'", "\\\"") + "\"}";
    }

    private static String line(int sequence, String effectiveFrom) {
        String content =
                "{'trending':{'tiers':[{'name':'small','from_followers':0,'below_followers':1000,'plays_per_hour':100.0},"
                        + "{'name':'big','from_followers':1000,'below_followers':null,'plays_per_hour':500.0}],"
                        + "'unknown_authors':{'plays_per_hour':300.0}},'followers':{'gains':[{'gained':100,'within_hours':2}]},"
                        + "'warnings':{'negative_delta_plays':1000}}";
        return "{\"version\":\"v" + sequence + "\",\"sequence\":" + sequence + ",\"effective_from\":\"" + effectiveFrom
                + "\",\"content\":\"" + content.replace("'", "\\\"") + "\"}";
    }
}
