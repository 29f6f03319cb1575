package io.tokpulse.flink.clickhouse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryTest {

    private static final ClickHouseException AWAY =
            ClickHouseException.of(ClickHouseAddress.parse("http://h"), new RuntimeException(new ConnectException()));

    private int again;

    @Test
    void whatPassesIsTriedAgainAndTheAnswerGiven() throws Exception {
        Deque<ClickHouseException> errors = new ArrayDeque<>(List.of(AWAY, AWAY));
        String answer =
                new Retry().call(
                        () -> {
                            if (!errors.isEmpty()) {
                                throw errors.poll();
                            }
                            return "answer";
                        },
                        () -> again++);
        assertEquals("answer", answer);
        assertEquals(2, again);
    }

    @Test
    void theTimeToTryForIsKeptAndTheLastErrorRaised() {
        assertSame(AWAY, assertThrows(ClickHouseException.class, () -> new Retry(Duration.ZERO).call(RetryTest::away, () -> again++)));
        assertEquals(0, again);
    }

    @Test
    void whatDoesNotPassIsRaisedAtOnce() {
        ClickHouseException permanent = ClickHouseException.permanent("no");
        var raised = assertThrows(ClickHouseException.class, () -> new Retry().call(() -> raise(permanent), () -> again++));
        assertSame(permanent, raised);
        assertEquals(0, again);
    }

    @Test
    void pausesGrowToABound() {
        assertEquals(400, Retry.longestPauseMillis(1));
        assertEquals(800, Retry.longestPauseMillis(2));
        for (int tries = 6; tries < 2_000; tries++) {
            assertEquals(10_000, Retry.longestPauseMillis(tries));
        }
        assertTrue(Retry.TRY_AGAIN_FOR.plus(Duration.ofSeconds(70)).compareTo(Duration.ofMinutes(2)) < 0, "a checkpoint ends then");
    }

    private static Object away() throws ClickHouseException {
        throw AWAY;
    }

    private static Object raise(ClickHouseException error) throws ClickHouseException {
        throw error;
    }
}
