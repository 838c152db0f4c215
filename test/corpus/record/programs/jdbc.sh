set -e
mkdir -p jdbc-work
javac -cp /usr/share/java/postgresql.jar -d jdbc-work JdbcMetadata.java
java -cp jdbc-work:/usr/share/java/postgresql.jar -XX:TieredStopAtLevel=1 JdbcMetadata
