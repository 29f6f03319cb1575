package io.tokpulse.flink.functions;

import io.tokpulse.flink.functions.WaitingHours.Waiting;
import io.tokpulse.flink.thresholds.PublishedThresholds;
import io.tokpulse.flink.thresholds.Thresholds;
import io.tokpulse.flink.thresholds.Thresholds.Momentum;
import io.tokpulse.flink.thresholds.Thresholds.Tier;
import java.time.Duration;
import java.util.Map;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;

/** The momentum alerts of an author's posts, for {@link PostGrowth}: which observation is one, and when each post has alerted. */
final class EarlyAlerts {

    /** How much older (ms) than an observation the snapshot must be that says its author's tier; more than the watermark trails by. */
    static final long KNOWN = Duration.ofMinutes(5).toMillis();

    private static final StringData MOMENTUM = StringData.fromString("momentum");
    /** The longest time for which a post that has alerted may have to be quiet. */
    private static final long LONGEST_QUIET = Duration.ofDays(7).toMillis();

    private final PublishedThresholds published;
    private final Snapshots snapshots;
    private final AlertTimes times = new AlertTimes();
    private MapView<String, byte[]> alerted;

    /** {@code snapshots} are those of the author that is worked on. */
    EarlyAlerts(PublishedThresholds published, Snapshots snapshots) {
        this.published = published;
        this.snapshots = snapshots;
    }

    /** Turns to an author: {@code state} has a value of {@link AlertTimes} per post that has alerted. */
    void of(MapView<String, byte[]> state) {
        alerted = state;
    }

    /** The alert that an observation is, and null when it is none: it is too slow for its tier, or the post has alerted. */
    RowData judge(Waiting moment, long oldest) throws Exception {
        long at = moment.start();
        Thresholds thresholds = published.inForce(at);
        Momentum rule = thresholds.momentum();
        if (rule == null) {
            return null;
        }
        int latest = snapshots.latest(at - KNOWN);
        Long followers = latest < 0 ? null : (Long) snapshots.counts[latest];
        Tier tier = thresholds.tierOf(followers);
        double threshold = rule.playsPerHour().get(tier.name());
        long delta = moment.plays() - moment.prevPlays();
        double perHour = PostMomentum.perHour(delta, at - moment.prevStart());
        String aweme = moment.aweme().toString();
        times.unpack(alerted.get(aweme));
        if (perHour < threshold || !times.isQuiet(at, rule.quietMillis())) {
            return null;
        }
        times.add(at);
        alerted.put(aweme, times.pack(oldest - LONGEST_QUIET));
        TimestampData since = TimestampData.fromEpochMillis(moment.prevStart());
        TimestampData now = TimestampData.fromEpochMillis(at);
        return GenericRowData.of(
                moment.aweme(),
                since,
                now,
                moment.plays(),
                moment.prevPlays(),
                since,
                (short) 0,
                delta,
                perHour,
                followers,
                latest < 0 ? null : TimestampData.fromEpochMillis(snapshots.times[latest]),
                tier.name(),
                threshold,
                thresholds.version(),
                true,
                true,
                true,
                0L,
                false,
                now,
                MOMENTUM);
    }

    /** The first alert of a post from {@code from} up to but not at {@code until}; null when there is none. */
    Long first(StringData aweme, long from, long until) throws Exception {
        byte[] packed = alerted.get(aweme.toString());
        if (packed == null) {
            return null;
        }
        times.unpack(packed);
        return times.firstWithin(from, until);
    }

    /** Drops the alerts that no observation from {@code oldest} on asks for. */
    void forget(long oldest) throws Exception {
        for (Map.Entry<String, byte[]> post : PostGrowth.entries(alerted)) {
            times.unpack(post.getValue());
            PostGrowth.put(alerted, post.getKey(), times.pack(oldest - LONGEST_QUIET));
        }
    }
}
