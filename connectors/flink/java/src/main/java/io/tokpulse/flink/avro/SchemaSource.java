package io.tokpulse.flink.avro;

import java.io.IOException;

/** Where writers' schemas come from. */
@FunctionalInterface
interface SchemaSource {

    /**
     * The text of the Avro schema of {@code id}. Raises {@link BadRecordException} when there is certainly none, and
     * {@link IOException} when it cannot be told.
     */
    String fetch(int id) throws IOException, BadRecordException;
}
