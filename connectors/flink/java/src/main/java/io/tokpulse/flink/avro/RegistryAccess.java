package io.tokpulse.flink.avro;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.function.UnaryOperator;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * What the schema registry wants to know of us, from the environment of the process that asks: user and password of
 * {@code SCHEMA_REGISTRY_URL}, else {@code TOKPULSE_REGISTRY_USERNAME} and {@code TOKPULSE_REGISTRY_PASSWORD} (or files, with
 * {@code _FILE} behind the names), and the certificates to trust, {@code TOKPULSE_REGISTRY_SSL_CA_LOCATION}. So none of it is in a DDL,
 * a job graph or a savepoint.
 */
final class RegistryAccess {

    private static final String PREFIX = "TOKPULSE_REGISTRY_";

    private final UnaryOperator<String> environment;

    RegistryAccess() {
        this(System::getenv);
    }

    RegistryAccess(UnaryOperator<String> environment) {
        this.environment = environment;
    }

    /** The value of the header {@code Authorization}, null for none. */
    String authorization() throws IOException {
        String[] credentials = ofAddress(given("SCHEMA_REGISTRY_URL"));
        if (credentials == null) {
            String user = value("USERNAME");
            if (user.isEmpty()) {
                return null;
            }
            credentials = new String[] {user, value("PASSWORD")};
        }
        byte[] pair = String.join(":", credentials).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }

    /** What trusts the registry at {@code url}; null for what the JVM trusts. */
    SSLSocketFactory sockets(String url) throws IOException {
        String file = given(PREFIX + "SSL_CA_LOCATION");
        if (file.isEmpty() || !url.startsWith("https:")) {
            return null;
        }
        try (InputStream pem = Files.newInputStream(Path.of(file))) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry(Integer.toString(number++), certificate);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IOException(PREFIX + "SSL_CA_LOCATION: " + file + " holds no certificates: " + e.getMessage(), e);
        }
    }

    /** Gives {@code connection} both. */
    void open(HttpURLConnection connection) throws IOException {
        String authorization = authorization();
        if (authorization != null) {
            connection.setRequestProperty("Authorization", authorization);
        }
        SSLSocketFactory sockets = sockets(connection.getURL().toString());
        if (sockets != null && connection instanceof HttpsURLConnection secure) {
            secure.setSSLSocketFactory(sockets);
        }
    }

    /** User and password of an address, null when it has none. A password may itself hold an {@code @}. */
    private static String[] ofAddress(String url) {
        int begin = url.indexOf("://") + 3;
        int slash = begin < 3 ? -1 : url.indexOf('/', begin);
        int at = url.lastIndexOf('@', slash < 0 ? url.length() : slash);
        if (begin < 3 || at <= begin) {
            return null;
        }
        String[] parts = url.substring(begin, at).split(":", 2);
        return new String[] {decoded(parts[0]), parts.length < 2 ? "" : decoded(parts[1])};
    }

    private static String decoded(String part) {
        // The decoder is one for forms, where a plus sign is a space.
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private String value(String name) throws IOException {
        String value = given(PREFIX + name);
        String file = given(PREFIX + name + "_FILE");
        return value.isEmpty() && !file.isEmpty() ? Files.readString(Path.of(file)).strip() : value;
    }

    private String given(String variable) {
        String value = environment.apply(variable);
        return value == null ? "" : value;
    }
}
