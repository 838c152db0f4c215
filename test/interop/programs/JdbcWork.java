import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.Date;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;
import org.postgresql.jdbc.PreferQueryMode;

/** What an application does with JDBC; prints what it saw, a line each, without what may differ between two databases. */
public class JdbcWork {
  interface Act { void run() throws Exception; }

  static void see(String what, Object value) {
    System.out.println(what + ": " + String.valueOf(value).replaceAll("\\b(gated|direct)\\b", "shop").replace("\n", "\\n"));
  }

  static void fails(String what, Act act) {
    try {
      act.run();
      see(what, "no error");
    } catch (SQLException error) {
      see(what, error.getClass().getSimpleName() + " " + error.getSQLState() + " " + error.getMessage());
    } catch (Exception error) {
      see(what, error);
    }
  }

  static void rows(String what, ResultSet result) throws SQLException {
    ResultSetMetaData meta = result.getMetaData();
    StringBuilder text = new StringBuilder();
    for (int column = 1; column <= meta.getColumnCount(); column++) text.append(meta.getColumnName(column)).append(' ').append(meta.getColumnTypeName(column)).append('|');
    int count = 0;
    while (result.next()) {
      text.append("\n");
      for (int column = 1; column <= meta.getColumnCount(); column++) text.append(result.getObject(column)).append('|');
      count++;
    }
    result.close();
    see(what + " (" + count + ")", text);
  }

  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    properties.setProperty("ApplicationName", "interop");
    for (int at = 0; at + 1 < args.length; at += 2) properties.setProperty(args[at], args[at + 1]);
    String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
    try (Connection connection = DriverManager.getConnection(url, properties)) {
      connection.setAutoCommit(true);
      see("valid", connection.isValid(5));
      // By name and in binary from the fifth time on (prepareThreshold).
      try (PreparedStatement statement = connection.prepareStatement("SELECT id, name, birth_date, active, ssn, 1.5::float8, 2::int4, 3.25::numeric, now() > ?::timestamptz AS later FROM customers WHERE id = ? AND active = ?")) {
        for (long id = 1; id <= 9; id++) {
          statement.setString(1, "2020-01-01");
          statement.setLong(2, id);
          statement.setBoolean(3, true);
          rows("customer " + id, statement.executeQuery());
        }
      }
      // Of the run before.
      try (PreparedStatement statement = connection.prepareStatement("DELETE FROM products WHERE sku = ANY(?)")) {
        String[] skus = new String[500];
        for (int n = 0; n < skus.length; n++) skus[n] = "J-" + n;
        statement.setArray(1, connection.createArrayOf("text", skus));
        see("deleted", statement.executeUpdate());
      }
      connection.setAutoCommit(false);
      try (PreparedStatement statement = connection.prepareStatement("INSERT INTO products (sku, name, price) VALUES (?, ?, ?)", Statement.RETURN_GENERATED_KEYS)) {
        for (int n = 0; n < 500; n++) {
          statement.setString(1, "J-" + n);
          statement.setString(2, "java " + n);
          statement.setBigDecimal(3, new BigDecimal("1.25"));
          statement.addBatch();
        }
        see("batch", statement.executeBatch().length);
        ResultSet keys = statement.getGeneratedKeys();
        int count = 0;
        while (keys.next()) count++;
        see("keys", count);
      }
      connection.commit();
      try (Statement statement = connection.createStatement()) {
        statement.setFetchSize(60);
        ResultSet result = statement.executeQuery("SELECT id FROM orders ORDER BY id");
        long sum = 0;
        while (result.next()) sum += result.getLong(1);
        see("fetched by sixties", sum);
        Savepoint here = connection.setSavepoint("here");
        fails("division", () -> statement.executeQuery("SELECT 1/0"));
        fails("after it", () -> statement.executeQuery("SELECT 1"));
        connection.rollback(here);
        rows("after rollback", statement.executeQuery("SELECT 2 AS two"));
        fails("batch", () -> {
          statement.addBatch("UPDATE products SET stock = 1 WHERE sku = 'J-1'");
          statement.addBatch("INSERT INTO products (sku, name, price) VALUES ('J-1', 'x', 1)");
          try {
            statement.executeBatch();
          } catch (BatchUpdateException error) {
            throw error.getNextException();
          }
        });
        connection.rollback();
      }
      connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      connection.setReadOnly(true);
      fails("read only", () -> connection.createStatement().executeUpdate("DELETE FROM visits WHERE path = '/none'"));
      connection.rollback();
      connection.setReadOnly(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      DatabaseMetaData meta = connection.getMetaData();
      see("product", meta.getDatabaseProductName());
      rows("tables", meta.getTables(null, "public", "%", new String[] {"TABLE", "VIEW", "PARTITIONED TABLE"}));
      rows("columns", meta.getColumns(null, "public", "customers", "%"));
      rows("primary keys", meta.getPrimaryKeys(null, "public", "order_items"));
      rows("imported keys", meta.getImportedKeys(null, "public", "orders"));
      rows("exported keys", meta.getExportedKeys(null, "public", "customers"));
      rows("indexes", meta.getIndexInfo(null, "public", "orders", false, false));
      rows("schemas", meta.getSchemas());
      rows("procedures", meta.getProcedures(null, "public", "%"));
      rows("functions", meta.getFunctions(null, "public", "%"));
      rows("function columns", meta.getFunctionColumns(null, "public", "cancel_order", "%"));
      see("types", meta.getTypeInfo().next());
      rows("own types", meta.getUDTs(null, "public", "%", null));
      rows("table privileges", meta.getTablePrivileges(null, "public", "orders"));
      rows("column privileges", meta.getColumnPrivileges(null, "public", "orders", "status"));
      rows("best row", meta.getBestRowIdentifier(null, "public", "orders", DatabaseMetaData.bestRowSession, true));
      rows("sequences", meta.getTables(null, "public", "%", new String[] {"SEQUENCE"}));
      connection.commit();
      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      StringWriter out = new StringWriter();
      see("copied out", copy.copyOut("COPY (SELECT id, sku FROM products ORDER BY id) TO STDOUT CSV", out));
      see("text", out);
      StringBuilder in = new StringBuilder();
      for (int n = 0; n < 3000; n++) in.append("2025-09-01 00:00:00+00\t\\N\t/java/").append(n).append("\t192.0.2.5\n");
      see("copied in", copy.copyIn("COPY visits (at, customer_id, path, address) FROM STDIN", new StringReader(in.toString())));
      connection.commit();
      connection.setAutoCommit(true);
      try (Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
        ResultSet result = statement.executeQuery("SELECT id, sku, stock FROM products WHERE sku IN ('J-1', 'J-2') ORDER BY id");
        result.last();
        result.updateInt("stock", 42);
        result.updateRow();
        result.close();
        rows("updated in place", statement.executeQuery("SELECT sku, stock FROM products WHERE sku IN ('J-1', 'J-2') ORDER BY id"));
        statement.execute("LISTEN news");
        statement.execute("NOTIFY news, 'java'");
        PGNotification[] notes = connection.unwrap(PGConnection.class).getNotifications(5000);
        see("notified", notes.length + " " + notes[0].getName() + " " + notes[0].getParameter());
        statement.execute("DO $$ BEGIN RAISE WARNING 'careful'; END $$");
        see("warning", statement.getWarnings().getMessage());
        statement.setQueryTimeout(1);
        fails("timeout", () -> statement.executeQuery("SELECT pg_sleep(30)"));
      }
      try (PreparedStatement call = connection.prepareStatement("SELECT customer_spend(?)")) {
        call.setLong(1, 3);
        rows("function", call.executeQuery());
      }
      // It reaches the server as `select * from customer_spend($1,$2) as result`, where the first parameter has the type void. Simple queries cannot say so.
      if (connection.unwrap(PGConnection.class).getPreferQueryMode() != PreferQueryMode.SIMPLE) {
        try (CallableStatement call = connection.prepareCall("{? = call customer_spend(?)}")) {
          call.registerOutParameter(1, Types.NUMERIC);
          call.setLong(2, 3);
          call.execute();
          see("called", call.getBigDecimal(1));
        }
      }
      try (PreparedStatement array = connection.prepareStatement("SELECT id FROM orders WHERE id = ANY(?) AND placed_at > ? ORDER BY id")) {
        array.setArray(1, connection.createArrayOf("bigint", new Object[] {1L, 2L, 3L}));
        array.setDate(2, Date.valueOf("2000-01-01"));
        rows("array", array.executeQuery());
      }
    }
  }
}
