package io.tokpulse.flink.clickhouse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClickHouseTest {

    private StubServer server;
    private ClickHouse clickHouse;

    @BeforeEach
    void start() throws IOException {
        server = new StubServer();
        clickHouse = ClickHouse.at(server.url());
    }

    @AfterEach
    void stop() {
        clickHouse.close();
        server.close();
        assertEquals(List.of(), server.failures());
    }

    @Test
    void anInsertNamesTableAndColumnsAndCarriesTheBatch() throws Exception {
        RowBinaryBuffer rows = new RowBinaryBuffer();
        rows.writeString(new byte[200_000]);
        clickHouse.insert("posts", List.of("id", "odd`name"), rows);
        StubServer.Asked asked = server.next();
        assertEquals("INSERT INTO `posts` (`id`, `odd\\`name`) FORMAT RowBinaryWithNamesAndTypes", asked.query().replace("` )", "`)"));
        assertArrayEquals(rows.toBytes(), asked.body());
        assertEquals("0", asked.parameters().get("max_partitions_per_insert_block"));
        assertEquals("0", asked.parameters().get("optimize_on_insert"));
        assertEquals(List.of("tokpulse"), asked.headers().get("X-clickhouse-database"));
        String credentials = "Basic " + Base64.getEncoder().encodeToString("tokpulse:s3cret".getBytes());
        assertEquals(List.of(credentials), asked.headers().get("Authorization"));
    }

    @Test
    void linesAreThoseOfTheAnswer() throws Exception {
        server.answer(200, 0, "{\"version\":\"é\"}\n{\"version\":\"2\"}\n");
        assertEquals(List.of("{\"version\":\"é\"}", "{\"version\":\"2\"}"), clickHouse.lines("SELECT 1 FORMAT JSONEachRow"));
        assertEquals(List.of(), clickHouse.lines("SELECT 2 FORMAT JSONEachRow"));
        StubServer.Asked asked = server.next();
        assertEquals("SELECT 1 FORMAT JSONEachRow", asked.query());
        assertEquals("1", asked.parameters().get("wait_end_of_query"));
    }

    @Test
    void theColumnsThatCanBeWrittenKeepTheirOrder() throws Exception {
        server.answer(
                200,
                0,
                """
                {"name":"id","type":"String","default_type":"","default_expression":""}
                {"name":"at","type":"DateTime64(3, 'UTC')","default_type":"DEFAULT","default_expression":"now64(3)"}
                {"name":"version","type":"UInt256","default_type":"MATERIALIZED","default_expression":"1"}
                {"name":"other","type":"String","default_type":"ALIAS","default_expression":"id"}
                """);
        TableColumns found = TableColumns.of(clickHouse, "posts");
        assertEquals(Map.of("id", "String", "at", "DateTime64(3, 'UTC')"), found.types());
        assertEquals(List.of("id", "at"), List.copyOf(found.types().keySet()));
        assertEquals("DESCRIBE TABLE `posts` FORMAT JSONEachRow", server.next().query());
    }

    @Test
    void objectsOfOneAddressShareTheirConnections() throws Exception {
        try (ClickHouse other = ClickHouse.at(server.url())) {
            clickHouse.close();
            clickHouse.close();
            assertEquals(List.of(), other.lines("SELECT 1 FORMAT JSONEachRow"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "500,252,true", "500,241,true", "503,202,true", "500,159,true", "500,999,true", // passing
        "404,60,false", "500,117,false", "403,497,false", // not passing
        "429,0,true", "502,0,true", "503,0,true", "504,0,true", "404,0,false", "500,0,false"
    })
    void codesAndStatusesTellWhatPasses(int status, int code, boolean passes) {
        // The HTTP library asks once more by itself after 429 and 503.
        for (int i = 0; i < 2; i++) {
            server.answer(
                    status, code, code == 0 ? "a proxy's page" : "Code: " + code + ". DB::Exception: why, see http://u:pw@h/. (NAME)\nmore");
        }
        var error = assertThrows(ClickHouseException.class, () -> clickHouse.lines("SELECT 1 FORMAT JSONEachRow"));
        assertEquals(passes, error.isTransient(), error.getMessage());
        assertTrue(error.getMessage().startsWith(shown() + " cannot be used: "), error.getMessage());
        assertFalse(error.getMessage().contains("\n") || error.getMessage().contains("pw@"), error.getMessage());
        if (code != 0) {
            assertTrue(error.getMessage().contains("Code: " + code + ". DB::Exception: why, see http://u:***@h/. (NAME)"), error.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({"192", "193", "194", "516"})
    void aRefusedPasswordNamesTheUser(int code) {
        server.answer(403, code, "Code: " + code + ". DB::Exception: tokpulse: Authentication failed");
        var error = assertThrows(ClickHouseException.class, () -> clickHouse.lines("SELECT 1 FORMAT JSONEachRow"));
        assertEquals(shown() + " refuses the password of user tokpulse", error.getMessage());
        assertFalse(error.isTransient());
    }

    @Test
    void noAnswerIsSaidInFewWords() throws Exception {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = socket.getLocalPort();
        }
        try (ClickHouse away = ClickHouse.at("http://u:s3cret@127.0.0.1:" + nobody + "/d")) {
            var error = assertThrows(ClickHouseException.class, () -> away.lines("SELECT 1 FORMAT JSONEachRow"));
            assertEquals("ClickHouse at http://u:***@127.0.0.1:" + nobody + "/d does not answer (connection refused)", error.getMessage());
            assertTrue(error.isTransient());
        }
        try (ClickHouse unknown = ClickHouse.at("https://u:s3cret@no-such-host.invalid/d")) {
            var error = assertThrows(ClickHouseException.class, () -> unknown.lines("SELECT 1 FORMAT JSONEachRow"));
            assertEquals("ClickHouse at https://u:***@no-such-host.invalid:8443/d does not answer (unknown host)", error.getMessage());
            assertTrue(error.isTransient());
        }
    }

    @Test
    void aLostReplyPasses() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
            Thread hangsUp = new Thread(() -> hangUp(socket));
            hangsUp.start();
            try (ClickHouse lost = ClickHouse.at("http://u:s3cret@127.0.0.1:" + port + "/d")) {
                var error = assertThrows(ClickHouseException.class, () -> lost.lines("SELECT 1 FORMAT JSONEachRow"));
                assertTrue(error.isTransient(), error.getMessage());
                assertFalse(error.getMessage().contains("s3cret"));
            }
            hangsUp.join();
        }
    }

    private static void hangUp(ServerSocket socket) {
        try {
            socket.accept().close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String shown() {
        return "ClickHouse at " + server.url().replace("s3cret", "***");
    }
}
