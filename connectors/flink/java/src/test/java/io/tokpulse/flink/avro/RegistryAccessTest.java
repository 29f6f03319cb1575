package io.tokpulse.flink.avro;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryAccessTest {

    @TempDir
    Path folder;

    private static String sent(Map<String, String> environment) throws IOException {
        String header = new RegistryAccess(environment::get).authorization();
        return new String(Base64.getDecoder().decode(header.substring("Basic ".length())), StandardCharsets.UTF_8);
    }

    @Test
    void withoutSettingsNothingIsSent() throws IOException {
        assertNull(new RegistryAccess(Map.of("SCHEMA_REGISTRY_URL", "http://r:1/a@b")::get).authorization());
        assertNull(new RegistryAccess(name -> null).sockets("https://r:1"));
    }

    @Test
    void userAndPasswordAreThoseOfTheAddressFirst() throws IOException {
        Map<String, String> both = Map.of(
                "SCHEMA_REGISTRY_URL", "https://ann:p%40ss%2Fw+rd@r:1/apis",
                "TOKPULSE_REGISTRY_USERNAME", "bob",
                "TOKPULSE_REGISTRY_PASSWORD", "other");
        assertEquals("ann:p@ss/w+rd", sent(both));
        assertEquals("ann:p@ss", sent(Map.of("SCHEMA_REGISTRY_URL", "http://ann:p@ss@r:1/x@y")));
        assertEquals("bob:se:cret", sent(Map.of("TOKPULSE_REGISTRY_USERNAME", "bob", "TOKPULSE_REGISTRY_PASSWORD", "se:cret")));
    }

    @Test
    void aPasswordMayStandInAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("password"), "of a file\n");
        assertEquals("bob:of a file", sent(Map.of(
                "TOKPULSE_REGISTRY_USERNAME", "bob", "TOKPULSE_REGISTRY_PASSWORD_FILE", file.toString())));
    }

    @Test
    void aFileWithoutCertificatesIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("ca.pem"), "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n");
        RegistryAccess access = new RegistryAccess(Map.of("TOKPULSE_REGISTRY_SSL_CA_LOCATION", file.toString())::get);
        assertNull(access.sockets("http://r:1"));
        IOException error = assertThrows(IOException.class, () -> access.sockets("https://r:1"));
        assertTrue(error.getMessage().contains("TOKPULSE_REGISTRY_SSL_CA_LOCATION: " + file), error.getMessage());
    }
}
