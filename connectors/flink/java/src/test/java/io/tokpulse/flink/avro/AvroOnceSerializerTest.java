package io.tokpulse.flink.avro;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AvroOnceSerializerTest {

    private static final Schema SCHEMA =
            new Schema.Parser()
                    .parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"id\",\"type\":\"string\"},{\"name\":\"n\",\"type\":\"long\"}]}");

    private final List<String> asked = new ArrayList<>();
    private HttpServer server;
    private int status = 200;
    private String answer = "{\"id\":258}";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath());
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/vnd.schemaregistry.v1+json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void theRegistryIsAskedOnceForAllRecords() throws Exception {
        AvroOnceSerializer serializer = opened();
        assertArrayEquals(new byte[] {0, 0, 0, 1, 2, 4, 'a', 'b', 6}, serializer.serialize(record("ab", 3)));
        assertArrayEquals(new byte[] {0, 0, 0, 1, 2, 0, 1}, serializer.serialize(record("", -1)));
        assertEquals(List.of("POST /subjects/topic-value/versions"), asked);
    }

    @Test
    void aRefusalNamesTheSubject() {
        status = 409;
        answer = "{\"error_code\":409,\"message\":\"incompatible\"}";
        String message = assertThrows(IOException.class, this::opened).getMessage();
        assertEquals("gives no id for the schema of topic-value", message.replaceAll("^.*\\d (.*?): .*$", "$1"), message);
    }

    private AvroOnceSerializer opened() throws Exception {
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        AvroOnceSerializer serializer = new AvroOnceSerializer(url, "topic-value", SCHEMA.toString());
        serializer.open(null);
        return serializer;
    }

    private static GenericData.Record record(String id, long number) {
        GenericData.Record record = new GenericData.Record(SCHEMA);
        record.put("id", id);
        record.put("n", number);
        return record;
    }
}
