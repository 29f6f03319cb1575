package io.tokpulse.flink.avro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

class SchemaRegistryTest {

    private record Answer(int status, String body) {}

    private final Deque<Answer> answers = new ArrayDeque<>();
    private final List<String> asked = new ArrayList<>();
    private HttpServer server;
    private SchemaRegistry registry;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI().getPath());
            Answer answer = answers.size() > 1 ? answers.poll() : answers.peek();
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        registry = new SchemaRegistry("http://127.0.0.1:" + server.getAddress().getPort() + "/api/", 1);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void aSchemaIsFetchedAlsoAfterTheRegistryHasFailedForAMoment() throws Exception {
        answers.add(new Answer(503, "starting"));
        answers.add(new Answer(500, "{}"));
        answers.add(new Answer(200, "{\"schema\":\"text\"}"));
        assertEquals("text", registry.fetch(7));
        assertEquals(List.of("/api/schemas/ids/7", "/api/schemas/ids/7", "/api/schemas/ids/7"), asked);
    }

    @Test
    void onlyTheRegistrysOwnNoIsTheRecordsFault() {
        answers.add(new Answer(404, "{\"error_code\":40403,\"message\":\"Schema not found\"}"));
        var bad = assertThrows(BadRecordException.class, () -> registry.fetch(7));
        assertEquals("unknown_schema_id: 7", bad.getMessage());
        for (Answer answer : List.of(
                new Answer(404, "no such page"), new Answer(401, "{}"), new Answer(200, "<html>"))) {
            answers.clear();
            answers.add(answer);
            asked.clear();
            var error = assertThrows(IOException.class, () -> registry.fetch(7));
            assertTrue(error.getMessage().contains("HTTP " + answer.status()), error.getMessage());
            assertEquals(1, asked.size());
        }
    }

    @Test
    void aSchemaThatIsNotPlainAvroIsIncompatible() {
        answers.add(new Answer(200, "{\"schema\":\"{}\",\"schemaType\":\"JSON\"}"));
        var bad = assertThrows(BadRecordException.class, () -> registry.fetch(7));
        assertEquals("incompatible_schema: schema id 7 is JSON, which is not read here", bad.getMessage());
    }

    @Test
    void aRegistryThatIsGoneFailsTheJobAndNotTheRecord() {
        server.stop(0);
        var error = assertThrows(IOException.class, () -> registry.fetch(7));
        assertTrue(error.getMessage().contains("did not answer for schema id 7"), error.getMessage());
    }
}
