# Run Tomcat once, ask it for one page, and keep the classes it loaded as an archive that the JVM maps into
# memory at the next start. Port 0 is any free port: the build may share its network with the host.
set -eu
java -Xshare:dump >/dev/null
CLASS_ARCHIVE=ArchiveClassesAtExit CATALINA_OPTS=-Dhttp.port=0 catalina.sh run 2>log &
until grep -q 'Server startup' log; do
    kill -0 $! || { cat log; exit 1; }
    sleep 0.1
done
port=$(sed -n 's/.*Starting ProtocolHandler \["http-nio-auto-[0-9]*-\([0-9]*\)"\].*/\1/p' log)
exec 3<>"/dev/tcp/localhost/$port"
printf 'GET / HTTP/1.0\r\n\r\n' >&3
grep -q 'Tomcat is running' <&3
kill $!
wait $! || true
test -s "$JAVA_HOME/lib/server/tomcat.jsa"
rm -rf log logs/* temp/* work/*
