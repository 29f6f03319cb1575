package io.tokpulse.flink.avro;

/**
 * Why a record is bad. The code is what dead letters, metrics and dashboards are grouped by: it is stable, while
 * the text behind it is for people and may change.
 */
enum BadReason {
    /** No value at all: a tombstone or zero bytes. */
    EMPTY_VALUE("empty_value"),
    /** Longer than {@code max-record-bytes}. */
    TOO_LARGE("too_large"),
    /** The bytes end before the record does. */
    TRUNCATED("truncated"),
    /** The first byte is not the zero of the wire format. */
    BAD_MAGIC("bad_magic"),
    /** The registry does not know the schema id. */
    UNKNOWN_SCHEMA_ID("unknown_schema_id"),
    /** The schema id belongs to a record of another name, or to no record. */
    WRONG_RECORD("wrong_record"),
    /** The right record, but Avro's rules cannot turn the writer's schema into the reader's. */
    INCOMPATIBLE_SCHEMA("incompatible_schema"),
    /** Bytes that no Avro writer produces: an endless number, a negative length, an absent branch, text not UTF-8. */
    BAD_ENCODING("bad_encoding"),
    /** Bytes are left over after the record. */
    TRAILING_BYTES("trailing_bytes"),
    /** A field of {@code non-negative} is below zero. */
    NEGATIVE_COUNTER("negative_counter"),
    /** A counter above 2^53. */
    COUNTER_TOO_LARGE("counter_too_large"),
    /** The event time is further ahead of the clock than {@code event-time-max-ahead}. */
    EVENT_TIME_IN_FUTURE("event_time_in_future"),
    /** The event time is before {@code event-time-min}, or null. */
    EVENT_TIME_OUT_OF_RANGE("event_time_out_of_range"),
    /** The decoder failed in a way that it should not: a defect to report, kept from stopping the job. */
    UNDECODABLE("undecodable");

    private final String code;

    BadReason(String code) {
        this.code = code;
    }

    String code() {
        return code;
    }
}
