package io.tokpulse.flink.clickhouse;

import com.clickhouse.client.api.ServerException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.regex.Pattern;

/** ClickHouse cannot be reached, or refuses a statement. The one-line message names the address, never the password. */
public final class ClickHouseException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Codes that pass by themselves: timeouts, too many queries or parts, memory, network, read-only replica, shutting down. */
    private static final Set<Integer> TRANSIENT_CODES =
            Set.of(
                    159, 160, 164, 198, 202, 203, 209, 210, 236, 241, 242, 243, 252, 279, 285, 286, 319, 394, 425, 439, 999);

    private static final Set<Integer> TRANSIENT_STATUSES = Set.of(429, 502, 503, 504);

    /** The user is not known, or another password is. */
    private static final Set<Integer> NOT_LET_IN_CODES = Set.of(192, 193, 194, 516);

    private static final int SHOWN_CHARACTERS = 300;

    /** The client's own text for this status, which it reports without a code. */
    private static final String BAD_GATEWAY = "502 Bad gateway";

    private static final Pattern LINE_END = Pattern.compile("\\R");

    private final boolean isTransient;

    private ClickHouseException(String message, boolean isTransient, Throwable cause) {
        super(message, cause);
        this.isTransient = isTransient;
    }

    /** From whatever the client raised. */
    static ClickHouseException of(ClickHouseAddress address, Throwable error) {
        ServerException answer = find(error, ServerException.class);
        if (answer != null) {
            return ofAnswer(address, answer);
        }
        boolean connectionFailed = find(error, IOException.class) != null;
        boolean gatewayFailed = error.getMessage() != null && error.getMessage().contains(BAD_GATEWAY);
        return new ClickHouseException(noAnswer(address, error), connectionFailed || gatewayFailed, error);
    }

    /** For a request that was not made: asking again would change nothing. */
    static ClickHouseException permanent(String message) {
        return new ClickHouseException(message, false, null);
    }

    /** Whether the same request may succeed later: the server was away, busy, or the reply was lost. */
    public boolean isTransient() {
        return isTransient;
    }

    private static ClickHouseException ofAnswer(ClickHouseAddress address, ServerException answer) {
        int code = answer.getCode();
        if (NOT_LET_IN_CODES.contains(code)) {
            String refused = "ClickHouse at " + address + " refuses the password of user " + address.user();
            return new ClickHouseException(refused, false, answer);
        }
        boolean passes = code == 0 ? TRANSIENT_STATUSES.contains(answer.getTransportProtocolCode()) : TRANSIENT_CODES.contains(code);
        return new ClickHouseException(cannotBeUsed(address, answer), passes, answer);
    }

    private static String noAnswer(ClickHouseAddress address, Throwable error) {
        String why =
                find(error, ConnectException.class) != null
                        ? "connection refused"
                        : find(error, UnknownHostException.class) != null
                                ? "unknown host"
                                : find(error, SocketTimeoutException.class) != null ? "timed out" : "";
        return why.isEmpty() ? cannotBeUsed(address, innermost(error)) : "ClickHouse at " + address + " does not answer (" + why + ")";
    }

    private static String cannotBeUsed(ClickHouseAddress address, Throwable error) {
        String text = error.getMessage() == null ? "" : error.getMessage().strip();
        String first = text.isEmpty() ? error.getClass().getSimpleName() : LINE_END.split(text, 2)[0];
        String masked = ClickHouseAddress.masked(first);
        return "ClickHouse at " + address + " cannot be used: "
                + masked.substring(0, Math.min(masked.length(), SHOWN_CHARACTERS));
    }

    private static Throwable innermost(Throwable error) {
        Throwable current = error;
        while (current.getCause() != null) {
            current = current.getCause();
        }
        return current;
    }

    private static <T extends Throwable> T find(Throwable error, Class<T> kind) {
        for (Throwable current = error; current != null; current = current.getCause()) {
            if (kind.isInstance(current)) {
                return kind.cast(current);
            }
        }
        return null;
    }
}
