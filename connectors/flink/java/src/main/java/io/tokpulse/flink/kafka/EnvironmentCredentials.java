package io.tokpulse.flink.kafka;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.security.auth.SaslExtensionsCallback;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.security.scram.ScramExtensionsCallback;

/**
 * User and password of Kafka, from the environment of the process that connects: {@code TOKPULSE_KAFKA_SASL_USERNAME} and
 * {@code TOKPULSE_KAFKA_SASL_PASSWORD}, or the files that these names with {@code _FILE} behind them name. So neither is in a DDL, a job graph
 * or a savepoint.
 */
public final class EnvironmentCredentials implements AuthenticateCallbackHandler {

    static final String USERNAME = "TOKPULSE_KAFKA_SASL_USERNAME";
    static final String PASSWORD = "TOKPULSE_KAFKA_SASL_PASSWORD";

    private final UnaryOperator<String> environment;

    /** Called by Kafka's client. */
    public EnvironmentCredentials() {
        this(System::getenv);
    }

    EnvironmentCredentials(UnaryOperator<String> environment) {
        this.environment = environment;
    }

    @Override
    public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
        // The environment has it all.
    }

    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                name.setName(value(USERNAME));
            } else if (callback instanceof PasswordCallback password) {
                password.setPassword(value(PASSWORD).toCharArray());
            } else if (!(callback instanceof ScramExtensionsCallback || callback instanceof SaslExtensionsCallback)) {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }

    @Override
    public void close() {
        // Nothing is open.
    }

    private String value(String variable) throws IOException {
        String given = environment.apply(variable);
        if (given != null && !given.isEmpty()) {
            return given;
        }
        String file = environment.apply(variable + "_FILE");
        if (file == null || file.isEmpty()) {
            throw new IOException("Kafka wants a user and a password: " + variable + " is not set where the job runs");
        }
        return Files.readString(Path.of(file)).strip();
    }
}
