#!/bin/sh
# Write haproxy.cfg from the containers given with `docker run --link`, then run the command.
#
# For `--link web:web` Docker sets WEB_NAME=/<this container>/web and, for every exposed port,
# WEB_PORT_<port>_TCP=tcp://<ip>:<port>; it also adds "web" to /etc/hosts.
set -eu

# One "alias ip:port" line per link: port 80 where it is exposed, else the lowest TCP port; for a link that
# exposes none, port 80 under the name in /etc/hosts. The environment is read from /proc because the shell
# drops variables such as 2048_NAME, which Docker sets but which no shell variable may be called.
linked_servers() {
    tr '\n\0' ' \n' <"/proc/$$/environ" | awk '
        match($0, /_NAME=\/[^\/]+\/[^\/]+$/) {
            key = substr($0, 1, RSTART - 1)
            sub(/.*\//, "")
            alias[key] = $0
        }
        match($0, /_PORT_[0-9]+_TCP=tcp:\/\/[0-9.]+:[0-9]+$/) {
            key = substr($0, 1, RSTART - 1)
            sub(/.*\//, "")
            port = $0
            sub(/.*:/, "", port)
            port += 0
            if (!(key in address) || port == 80 || (best[key] != 80 && port < best[key])) {
                address[key] = $0
                best[key] = port
            }
        }
        END {
            for (key in address) print (key in alias ? alias[key] : tolower(key)), address[key]
            for (key in alias) if (!(key in address)) print alias[key], alias[key] ":80"
        }' | sort
}

servers=$(linked_servers)
if [ -z "$servers" ]; then
    echo "haproxy: no linked container found; start me with --link <container>:<alias>, once per container" >&2
    exit 1
fi

# No health checks: a server that is still starting is tried again and not taken out of the rotation.
# One thread and a fixed maxconn: the turns stay in order, and memory does not follow the limit on open files.
{
    cat <<'CONFIG'
global
    log stdout format raw local0 info
    user haproxy
    group haproxy
    nbthread 1
    maxconn 1000

defaults
    mode http
    log global
    option httplog
    option forwardfor
    option redispatch 1
    retries 3
    timeout connect 1s
    timeout client 60s
    timeout server 60s

frontend http
    bind :80
    default_backend links

backend links
    balance roundrobin
CONFIG
    echo "$servers" | sed 's/^/    server /'
} >/etc/haproxy/haproxy.cfg

echo "$servers" | sed 's/^/haproxy: sending requests to /'
exec "$@"
