package io.tokpulse.flink.thresholds;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.data.StringData;

/**
 * One published version of the thresholds. {@code effectiveFrom} is in Unix milliseconds.
 *
 * @param tiers by follower count, from 0 up
 * @param unknown for authors without a snapshot
 * @param gains rules about gained followers
 * @param negativeDelta a fall by more plays than this is worth a warning
 */
public record Thresholds(
        long sequence,
        long effectiveFrom,
        StringData version,
        List<Tier> tiers,
        Tier unknown,
        List<Gain> gains,
        long negativeDelta) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Authors with {@code fromFollowers} or more, up to where the next tier begins. */
    public record Tier(StringData name, long fromFollowers, double playsPerHour) {}

    /** More than {@code gained} new followers within {@code withinHours} hours are an alert. */
    public record Gain(long gained, int withinHours) {}

    /** From the canonical JSON that is published. Raises {@link IOException} for anything else. */
    static Thresholds parse(long sequence, long effectiveFrom, String version, String content) throws IOException {
        try {
            JsonNode root = JSON.readTree(content);
            JsonNode trending = root.required("trending");
            List<Tier> tiers = new ArrayList<>();
            for (JsonNode tier : trending.required("tiers")) {
                tiers.add(
                        new Tier(
                                StringData.fromString(tier.required("name").asText()),
                                tier.required("from_followers").asLong(),
                                tier.required("plays_per_hour").asDouble()));
            }
            if (tiers.isEmpty()) {
                throw new IOException("thresholds " + version + " have no tiers");
            }
            List<Gain> gains = new ArrayList<>();
            for (JsonNode gain : root.required("followers").required("gains")) {
                gains.add(new Gain(gain.required("gained").asLong(), gain.required("within_hours").asInt()));
            }
            double unknown = trending.required("unknown_authors").required("plays_per_hour").asDouble();
            return new Thresholds(
                    sequence,
                    effectiveFrom,
                    StringData.fromString(version),
                    List.copyOf(tiers),
                    new Tier(StringData.fromString("unknown"), -1, unknown),
                    List.copyOf(gains),
                    root.required("warnings").required("negative_delta_plays").asLong());
        } catch (IllegalArgumentException e) {
            throw new IOException("thresholds " + version + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The tier of an author; null for one without a snapshot. */
    public Tier tierOf(Long followers) {
        if (followers == null) {
            return unknown;
        }
        Tier tier = tiers.get(0);
        for (Tier next : tiers) {
            if (followers >= next.fromFollowers()) {
                tier = next;
            }
        }
        return tier;
    }
}
