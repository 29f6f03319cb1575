package io.tokpulse.flink.functions;

import io.tokpulse.flink.thresholds.PublishedThresholds;
import java.util.List;

/**
 * Thresholds of one version, in force from 1970 on: small authors trend above 100 plays an hour, big ones (1,000) above 500. Half of that is
 * momentum, with three observations, and two quiet hours. LIVE rooms of small hosts alert from 50 viewers or 20 diamonds a minute on, those of
 * big ones from 500 or 200, of unknown ones from 100 or 40, with ten quiet minutes.
 */
final class Versions {

    private static final String CONTENT =
            "{\\\"trending\\\":{\\\"tiers\\\":[{\\\"name\\\":\\\"small\\\",\\\"from_followers\\\":0,\\\"below_followers\\\":1000,"
                    + "\\\"plays_per_hour\\\":100.0},{\\\"name\\\":\\\"big\\\",\\\"from_followers\\\":1000,\\\"below_followers\\\":null,"
                    + "\\\"plays_per_hour\\\":500.0}],\\\"unknown_authors\\\":{\\\"plays_per_hour\\\":300.0}},"
                    + "\\\"followers\\\":{\\\"gains\\\":[{\\\"gained\\\":100,\\\"within_hours\\\":2}]},"
                    + "\\\"warnings\\\":{\\\"negative_delta_plays\\\":1000},"
                    + "\\\"momentum\\\":{\\\"plays_per_hour\\\":{\\\"small\\\":50.0,\\\"big\\\":250.0,\\\"unknown\\\":150.0},"
                    + "\\\"least_observations\\\":3,\\\"quiet_hours\\\":2},"
                    + "\\\"live\\\":{\\\"viewers\\\":{\\\"small\\\":50.0,\\\"big\\\":500.0,\\\"unknown\\\":100.0},"
                    + "\\\"diamonds_per_minute\\\":{\\\"small\\\":20.0,\\\"big\\\":200.0,\\\"unknown\\\":40.0},"
                    + "\\\"quiet_minutes\\\":10}}";

    private Versions() {}

    static String line(int sequence, String effectiveFrom) {
        return "{\"version\":\"v" + sequence + "\",\"sequence\":" + sequence + ",\"effective_from\":\"" + effectiveFrom
                + "\",\"content\":\"" + CONTENT + "\"}";
    }

    static PublishedThresholds one() {
        return within(2);
    }

    /** The same, with another span of the rule about gained followers. */
    static PublishedThresholds within(int hours) {
        String line = line(1, "1970-01-01 00:00:00.000").replace("within_hours\\\":2", "within_hours\\\":" + hours);
        return new PublishedThresholds(() -> List.of(line), System::nanoTime, System::currentTimeMillis);
    }
}
