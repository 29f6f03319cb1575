package io.tokpulse.flink.clickhouse;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Parts of a clickhouse-connect DSN, {@code http[s]://user:password@host:port/database}. User, password and database may be
 * percent-encoded, and must be where they hold a slash. Of what follows a question mark {@code ca_cert} counts; the rest is for other clients.
 *
 * @param endpoint {@code http://host:port}, without credentials
 * @param trusted a file with the certificates to trust, PEM; null for those of the JVM
 */
record ClickHouseAddress(String endpoint, String user, String password, String database, String trusted) {

    private static final String DEFAULT = "default";

    /** Everything between {@code ://user:} and the last {@code @} of the authority; a password may itself hold an {@code @}. */
    private static final Pattern PASSWORD = Pattern.compile("(://[^:/@\\s]*:)[^/\\s]*(?=@)");

    private static final Pattern LOCAL = Pattern.compile("https?://(localhost|127\\.[0-9.]+|\\[::1\\]):\\d+");

    /** Raises {@link IllegalArgumentException}, whose message does not repeat the text, for one that is no such address. */
    static ClickHouseAddress parse(String dsn) {
        int schemeEnd = dsn.indexOf("://");
        String scheme = schemeEnd < 0 ? "" : dsn.substring(0, schemeEnd);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("it does not begin with http:// or https://");
        }
        String whole = dsn.substring(schemeEnd + 3);
        String rest = cut(whole, '?');
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        String path = slash < 0 ? "" : rest.substring(slash + 1);
        int at = authority.lastIndexOf('@');
        String[] credentials = (at < 0 ? "" : authority.substring(0, at)).split(":", 2);
        String database = decoded(cut(path, '/'));
        return new ClickHouseAddress(
                scheme + "://" + withPort(authority.substring(at + 1), scheme),
                credentials[0].isEmpty() ? DEFAULT : decoded(credentials[0]),
                credentials.length < 2 ? "" : decoded(credentials[1]),
                database.isEmpty() ? DEFAULT : database,
                trusted(whole.substring(rest.length())));
    }

    /** Whether the server is on this machine, so that nothing crosses a network. */
    boolean isLocal() {
        return LOCAL.matcher(endpoint).matches();
    }

    /** {@code text} with the passwords of all addresses in it replaced. */
    static String masked(String text) {
        return PASSWORD.matcher(text).replaceAll("$1***");
    }

    /** Fit for logs and messages. */
    @Override
    public String toString() {
        return endpoint.replace("://", "://" + user + ":***@") + "/" + database;
    }

    private static String trusted(String query) {
        for (String part : query.substring(query.isEmpty() ? 0 : 1).split("&")) {
            if (part.startsWith("ca_cert=")) {
                return decoded(part.substring("ca_cert=".length()));
            }
        }
        return null;
    }

    private static String withPort(String host, String scheme) {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("it names no host");
        }
        // The colons of an IPv6 address stand in brackets.
        boolean hasPort = host.indexOf(':', host.indexOf(']') + 1) >= 0;
        return hasPort ? host : host + (scheme.equals("https") ? ":8443" : ":8123");
    }

    private static String cut(String text, char end) {
        int index = text.indexOf(end);
        return index < 0 ? text : text.substring(0, index);
    }

    private static String decoded(String part) {
        // The decoder is one for forms, where a plus sign is a space.
        return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
