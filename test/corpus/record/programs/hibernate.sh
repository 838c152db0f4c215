set -e
mkdir -p hibernate-work
J=/usr/share/java
CP=hibernate-work:$J/postgresql.jar:$J/hibernate-core.jar:$J/hibernate-commons-annotations.jar:$J/hibernate3.jar:$J/dom4j.jar:$J/antlr.jar:$J/commons-collections3.jar:$J/geronimo-jta-1.2-spec.jar:$J/geronimo-jpa_2.0_spec.jar:$J/slf4j-api.jar:$J/slf4j-nop.jar:$J/javassist.jar
javac -cp "$CP" -d hibernate-work HibernateWork.java
java -cp "$CP" --add-opens java.base/java.lang=ALL-UNNAMED -XX:TieredStopAtLevel=1 HibernateWork
