package io.tokpulse.flink.clickhouse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClickHouseAddressTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http://u:p@127.0.0.1:8124/tokpulse | http://127.0.0.1:8124 | u | p | tokpulse",
                "https://u:p@ch.example/tokpulse | https://ch.example:8443 | u | p | tokpulse",
                "http://ch.example | http://ch.example:8123 | default | '' | default",
                "http://u@[::1]/d/ | http://[::1]:8123 | u | '' | d",
                "http://u%40x:p%2F%3A+%25@h:1/d%20b?compress=1 | http://h:1 | u@x | p/:+% | d b",
                "http://u:p@ss:w@h:1/d | http://h:1 | u | p@ss:w | d",
            })
    void partsOfAnAddress(String dsn, String endpoint, String user, String password, String database) {
        assertEquals(new ClickHouseAddress(endpoint, user, password, database, null), ClickHouseAddress.parse(dsn));
    }

    @Test
    void theCertificateToTrustIsNamedAsForOtherClients() {
        assertEquals("/a b/ca.pem", ClickHouseAddress.parse("https://u:p@h/d?verify=true&ca_cert=%2Fa%20b/ca.pem").trusted());
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:8124/d, true",
        "http://localhost/d, true",
        "https://u:p@[::1]/d, true",
        "http://ch.example/d, false",
        "http://127.0.0.1.example/d, false",
    })
    void nothingToThisMachineCrossesANetwork(String dsn, boolean local) {
        assertEquals(local, ClickHouseAddress.parse(dsn).isLocal());
    }

    @Test
    void thePasswordIsNotShown() {
        ClickHouseAddress address = ClickHouseAddress.parse("http://tokpulse:s3cret@127.0.0.1:8123/tokpulse");
        assertEquals("http://tokpulse:***@127.0.0.1:8123/tokpulse", address.toString());
        assertEquals("see http://u:***@h:1/d, or https://v:***@i", ClickHouseAddress.masked("see http://u:a@b@h:1/d, or https://v:c@i"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "clickhouse://u:s3cret@h:1/d", "u:s3cret@h:1/d", "http://", "http://u:s3cret@/d"})
    void whatIsNoAddressIsNotRepeated(String dsn) {
        var error = assertThrows(ClickHouseException.class, () -> ClickHouse.at(dsn));
        assertEquals("CLICKHOUSE_URL is not http[s]://user:password@host:port/database", error.getMessage().split(": it")[0]);
        assertFalse(error.getMessage().contains("s3cret"));
    }
}
