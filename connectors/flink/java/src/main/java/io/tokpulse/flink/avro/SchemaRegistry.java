package io.tokpulse.flink.avro;

import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.ObjectMapper;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;

/**
 * Fetches writers' schemas by Confluent's API: {@code GET <url>/schemas/ids/<id>}. Uses the JDK's plain connection,
 * which needs neither a thread nor a close, for the few requests that a job makes.
 */
final class SchemaRegistry implements SchemaSource {

    private static final int ATTEMPTS = 6;
    private static final long FIRST_WAIT_MS = 200;
    private static final int CONNECT_TIMEOUT_MS = 3_000;
    private static final int READ_TIMEOUT_MS = 5_000;
    private static final int MAX_ANSWER_BYTES = 4 << 20;
    private static final int SCHEMA_NOT_FOUND = 40403;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RegistryAccess access = new RegistryAccess();
    private final String url;
    private final long firstWait;

    SchemaRegistry(String url) {
        this(url, FIRST_WAIT_MS);
    }

    /** {@code firstWait} is the pause before the second attempt in milliseconds; each further one doubles it. */
    SchemaRegistry(String url, long firstWait) {
        this.firstWait = firstWait;
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /**
     * The schema of {@code id}. Raises {@link BadRecordException} when the registry says that there is none, or that
     * it is no plain Avro schema. Raises {@link IOException} when it does not say so: an unreachable or failing
     * registry is not the record's fault. It is asked again for some seconds first, with growing pauses.
     */
    @Override
    public String fetch(int id) throws IOException, BadRecordException {
        long wait = firstWait;
        for (int attempt = 1; ; attempt++) {
            try {
                return ask(id);
            } catch (RefusedException e) {
                throw e;
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw new IOException(
                            "Schema registry " + url + " did not answer for schema id " + id + " in " + ATTEMPTS
                                    + " attempts (" + e.getMessage() + "). Is it running?", e);
                }
            }
            pause(wait);
            wait *= 2;
        }
    }

    private String ask(int id) throws IOException, BadRecordException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url + "/schemas/ids/" + id).toURL().openConnection();
        access.open(connection);
        connection.setConnectTimeout(CONNECT_TIMEOUT_MS);
        connection.setReadTimeout(READ_TIMEOUT_MS);
        connection.setInstanceFollowRedirects(false);
        connection.setRequestProperty("Accept", "application/vnd.schemaregistry.v1+json, application/json");
        int status = connection.getResponseCode();
        if (status >= 500 || status == 429) {
            throw new IOException("HTTP " + status);
        }
        JsonNode answer = body(connection, status);
        if (status == 404 && answer.path("error_code").asInt() == SCHEMA_NOT_FOUND) {
            throw BadRecordException.named(BadReason.UNKNOWN_SCHEMA_ID, Integer.toString(id));
        }
        if (status != 200 || !answer.path("schema").isTextual()) {
            throw new RefusedException(
                    "Schema registry " + url + " answered HTTP " + status + " without a schema for schema id " + id
                            + ". Is 'url' right, with its path?");
        }
        String type = answer.path("schemaType").asText("AVRO");
        if (!type.equals("AVRO") || answer.path("references").size() > 0) {
            String what = type.equals("AVRO") ? "refers to other schemas" : "is " + type;
            throw BadRecordException.named(
                    BadReason.INCOMPATIBLE_SCHEMA, "schema id " + id + " " + what + ", which is not read here");
        }
        return answer.get("schema").asText();
    }

    private static JsonNode body(HttpURLConnection connection, int status) throws IOException {
        try (InputStream stream =
                status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            byte[] bytes = stream == null ? new byte[0] : stream.readNBytes(MAX_ANSWER_BYTES);
            try {
                return JSON.readTree(bytes);
            } catch (IOException notJson) {
                return JSON.missingNode();
            }
        }
    }

    private static void pause(long milliseconds) throws IOException {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while waiting for the schema registry", e);
        }
    }

    /** The registry answered, and asking again would change nothing. */
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }
}
