import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Properties;

/** What a database tool does over JDBC: list tables, run prepared queries, insert a batch. Prints one fact per line. */
public final class FrontCheck {
    public static void main(String[] args) throws Exception {
        Properties login = new Properties();
        login.setProperty("user", args[1]);
        login.setProperty("password", args[2]);
        if (args.length > 3) {
            login.setProperty("compress", args[3]);
        }
        try (Connection connection = DriverManager.getConnection(args[0], login)) {
            System.out.println("product=" + connection.getMetaData().getDatabaseProductName());
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE IF NOT EXISTS jdbc_check (id UInt64, name String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id");
                statement.execute("TRUNCATE TABLE jdbc_check");
            }
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO jdbc_check (id, name, at) VALUES (?, ?, ?)")) {
                for (int id = 0; id < 1000; id++) {
                    insert.setLong(1, id);
                    insert.setString(2, "it's row \\ " + id);
                    insert.setObject(3, java.time.LocalDateTime.of(2026, 1, 1, 0, 0, id % 60));
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            try (PreparedStatement select = connection.prepareStatement("SELECT count() AS n, sum(id) AS total FROM jdbc_check WHERE id < ?")) {
                select.setLong(1, 500);
                try (ResultSet rows = select.executeQuery()) {
                    rows.next();
                    System.out.println("counted=" + rows.getLong("n") + " total=" + rows.getLong("total"));
                }
            }
            try (PreparedStatement select = connection.prepareStatement("SELECT name FROM jdbc_check WHERE name = ?")) {
                select.setString(1, "it's row \\ 7");
                try (ResultSet rows = select.executeQuery()) {
                    System.out.println("quoted=" + (rows.next() ? rows.getString(1) : "missing"));
                }
            }
            try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("SELECT number FROM numbers(300000)")) {
                long seen = 0;
                while (rows.next()) {
                    seen++;
                }
                System.out.println("streamed=" + seen);
            }
            try (ResultSet tables = connection.getMetaData().getTables(null, null, "jdbc_%", null)) {
                while (tables.next()) {
                    System.out.println("table=" + tables.getString("TABLE_NAME"));
                }
            }
            try (ResultSet columns = connection.getMetaData().getColumns(null, null, "jdbc_check", "%")) {
                while (columns.next()) {
                    System.out.println("column=" + columns.getString("COLUMN_NAME") + " " + columns.getString("TYPE_NAME"));
                }
            }
            try (Statement statement = connection.createStatement()) {
                statement.executeQuery("SELECT * FROM no_such_table");
            } catch (java.sql.SQLException error) {
                System.out.println("error=" + error.getErrorCode() + " " + error.getMessage().contains("no_such_table"));
            }
        }
    }
}
