package io.tokpulse.flink.kafka;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.TextInputCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvironmentCredentialsTest {

    private final NameCallback name = new NameCallback("name");
    private final PasswordCallback password = new PasswordCallback("password", false);

    @Test
    void valuesAndFilesAreRead(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "secret\n");
        Map<String, String> environment =
                Map.of(EnvironmentCredentials.USERNAME, "jobs", EnvironmentCredentials.PASSWORD + "_FILE", file.toString());
        new EnvironmentCredentials(environment::get).handle(new Callback[] {name, password});
        assertEquals("jobs", name.getName());
        assertArrayEquals("secret".toCharArray(), password.getPassword());
    }

    @Test
    void whatIsMissingIsNamed() {
        EnvironmentCredentials credentials = new EnvironmentCredentials(Map.of(EnvironmentCredentials.USERNAME, "jobs")::get);
        IOException raised = assertThrows(IOException.class, () -> credentials.handle(new Callback[] {name, password}));
        assertEquals("Kafka wants a user and a password: TOKPULSE_KAFKA_SASL_PASSWORD is not set where the job runs", raised.getMessage());
        Callback[] other = {new TextInputCallback("other")};
        assertThrows(UnsupportedCallbackException.class, () -> credentials.handle(other));
    }
}
