package io.tokpulse.flink.clickhouse;

import java.io.IOException;

/** A column of the Flink table cannot be written into the ClickHouse table; the message names both. */
public final class ClickHouseSchemaException extends IOException {

    private static final long serialVersionUID = 1L;

    ClickHouseSchemaException(String table, String problem) {
        super("ClickHouse table " + table + ": " + problem);
    }
}
