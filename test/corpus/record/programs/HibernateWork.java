import java.math.BigDecimal;
import javax.persistence.*;
import org.hibernate.*;
import org.hibernate.cfg.AnnotationConfiguration;
import org.hibernate.criterion.*;

/** A mapped table and a made one: queries, units of work, the structure's update. */
public class HibernateWork {
  @Entity @Table(name = "products") public static class Product {
    @javax.persistence.Id @GeneratedValue(strategy = GenerationType.IDENTITY) public Long id;
    public String sku; public String name; public BigDecimal price; public int stock;
  }

  @Entity @Table(name = "hibernate_notes") public static class Note {
    @javax.persistence.Id @GeneratedValue(strategy = GenerationType.SEQUENCE) public Long id;
    @javax.persistence.Version public int version;
    public String body;
    @ManyToOne public Product product;
  }

  public static void main(String[] args) {
    AnnotationConfiguration configuration = new AnnotationConfiguration();
    configuration.addAnnotatedClass(Product.class).addAnnotatedClass(Note.class)
      .setProperty("hibernate.connection.driver_class", "org.postgresql.Driver").setProperty("hibernate.connection.url", "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE") + "?sslmode=disable")
      .setProperty("hibernate.connection.username", System.getenv("PGUSER")).setProperty("hibernate.connection.password", System.getenv("PGPASSWORD"))
      .setProperty("hibernate.dialect", "org.hibernate.dialect.PostgreSQLDialect").setProperty("hibernate.hbm2ddl.auto", "update").setProperty("hibernate.jdbc.batch_size", "10");
    SessionFactory factory = configuration.buildSessionFactory();
    Session session = factory.openSession();
    Transaction work = session.beginTransaction();
    Product one = (Product) session.get(Product.class, 1L);
    one.stock++;
    Product made = new Product();
    made.sku = "H-1"; made.name = "one"; made.price = BigDecimal.ONE;
    session.save(made);
    Note note = new Note();
    note.body = "note"; note.product = made;
    session.save(note);
    session.flush();
    note.body = "changed";
    session.flush();
    session.createQuery("from HibernateWork$Note n join fetch n.product where n.body like :b order by n.id").setString("b", "%c%").setFirstResult(2).setMaxResults(5).list();
    session.createQuery("select p.name, count(*) from HibernateWork$Note n join n.product p group by p.name").list();
    session.createCriteria(Product.class).add(Restrictions.eq("sku", "H-1")).setLockMode(LockMode.UPGRADE).list();
    session.createQuery("update HibernateWork$Product set stock = stock + 1 where sku = :s").setString("s", "H-1").executeUpdate();
    session.delete(note);
    session.delete(made);
    session.flush();
    session.createQuery("delete HibernateWork$Note").executeUpdate();
    work.commit();
    session.close();
    factory.close();
  }
}
