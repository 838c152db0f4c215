import java.sql.*;
import java.util.Properties;

/** What tools on JDBC ask of a database's structure, and what a program does. */
public class JdbcMetadata {
  static void all(ResultSet rows) throws SQLException { while (rows.next()) { rows.getObject(1); } rows.close(); }

  public static void main(String[] args) throws Exception {
    Properties options = new Properties();
    options.put("user", System.getenv("PGUSER"));
    options.put("password", System.getenv("PGPASSWORD"));
    options.put("sslmode", "disable");
    try (Connection c = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE"), options)) {
      DatabaseMetaData meta = c.getMetaData();
      all(meta.getCatalogs());
      all(meta.getSchemas());
      all(meta.getTableTypes());
      all(meta.getTables(null, "public", "%", new String[] {"TABLE", "VIEW", "MATERIALIZED VIEW", "PARTITIONED TABLE", "SEQUENCE"}));
      all(meta.getColumns(null, "public", "orders", "%"));
      all(meta.getPrimaryKeys(null, "public", "orders"));
      all(meta.getImportedKeys(null, "public", "orders"));
      all(meta.getExportedKeys(null, "public", "orders"));
      all(meta.getCrossReference(null, "public", "customers", null, "public", "orders"));
      all(meta.getIndexInfo(null, "public", "orders", false, true));
      all(meta.getTypeInfo());
      all(meta.getUDTs(null, "public", "%", null));
      all(meta.getFunctions(null, "public", "%"));
      all(meta.getFunctionColumns(null, "public", "%", "%"));
      all(meta.getProcedures(null, "public", "%"));
      all(meta.getProcedureColumns(null, "public", "%", "%"));
      all(meta.getTablePrivileges(null, "public", "orders"));
      all(meta.getColumnPrivileges(null, "public", "orders", "%"));
      all(meta.getBestRowIdentifier(null, "public", "orders", DatabaseMetaData.bestRowSession, true));
      all(meta.getVersionColumns(null, "public", "orders"));
      all(meta.getClientInfoProperties());
      meta.getMaxColumnsInIndex(); meta.getMaxColumnNameLength(); meta.getSQLKeywords(); meta.getDatabaseProductVersion();
      c.isValid(5);
      c.getSchema();
      c.setReadOnly(true);
      try (Statement s = c.createStatement()) { s.setQueryTimeout(5); s.setMaxRows(10); all(s.executeQuery("SELECT * FROM orders")); }
      c.setReadOnly(false);
      c.setAutoCommit(false);
      c.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      try (PreparedStatement s = c.prepareStatement("UPDATE products SET stock = stock + ? WHERE id = ?")) {
        for (int i = 1; i < 4; i++) { s.setInt(1, i); s.setLong(2, i); s.addBatch(); }
        s.executeBatch();
      }
      Savepoint point = c.setSavepoint();
      try (PreparedStatement s = c.prepareStatement("INSERT INTO events (kind, data) VALUES (?, ?::jsonb)", Statement.RETURN_GENERATED_KEYS)) { s.setString(1, "seen"); s.setString(2, "{}"); s.executeUpdate(); }
      c.rollback(point);
      try (Statement s = c.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) { s.setFetchSize(50); all(s.executeQuery("SELECT id FROM orders")); }
      try (CallableStatement s = c.prepareCall("{? = call customer_spend(?)}")) { s.registerOutParameter(1, Types.NUMERIC); s.setLong(2, 3); s.execute(); }
      try (Statement s = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
        ResultSet rows = s.executeQuery("SELECT id, name FROM customers WHERE id = 5");
        rows.next(); rows.updateString(2, "Updated"); rows.updateRow(); rows.refreshRow(); rows.close();
      }
      c.rollback();
      c.setAutoCommit(true);
      c.setSchema("public");
    }
  }
}
