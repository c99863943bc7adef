# Read by catalina.sh. Everything here is for a quick start; a page shows Tomcat for seconds, not days.

# The class archive covers only what comes from the class path, so Tomcat's libraries are on it.
for jar in "$CATALINA_HOME"/lib/*.jar; do
    CLASSPATH="${CLASSPATH:+$CLASSPATH:}$jar"
done
CATALINA_OPTS="-XX:${CLASS_ARCHIVE:-SharedArchiveFile}=$JAVA_HOME/lib/server/tomcat.jsa -Xshare:auto \
-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -Xmx128m ${CATALINA_OPTS:-}"
