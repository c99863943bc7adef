#!/bin/sh
# private.sh RUN DATA: an engine of our own, which lives as long as somebody uses it.
# private.sh RUN remove: removes what one has left that was killed.
#
# It has namespaces of its own for mounts, processes and the network, so that it cannot touch those of the host, and
# all that it made ends with it. slirp4netns is its way out: an ordinary process, no rule in any firewall.
#
# Whoever uses the engine holds a shared lock on DATA/users; once we get the exclusive one, nobody does, also when the
# last user was killed. Our standard input is RUN/alive, locked for as long as we are there.
set -eu
run=$1 data=$2
group=${run##*/}

remove() {                                  # its last processes may need a moment to end
  rm -rf "$run"
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    [ -n "$(find /sys/fs/cgroup -depth -type d -path "*/$group*" ! -execdir rmdir {} \; -print 2>/dev/null)" ] || break
    sleep 0.1
  done
}
if [ "$data" = remove ]; then
  remove
  exit
fi

if [ "${3-}" != inside ]; then
  trap remove EXIT
  trap 'exit 143' HUP INT TERM
  mkfifo "$run/inside"
  # Both end with us, also if we are killed; and all in the namespaces with the first of them.
  setpriv --pdeathsig KILL unshare --mount --net --pid --fork --kill-child --mount-proc \
    sh "$0" "$run" "$data" inside </dev/null &
  engine=$!
  read -r _ <"$run/inside"
  setpriv --pdeathsig KILL slirp4netns --configure --mtu=65520 --disable-host-loopback $engine tap0 </dev/null &
  way_out=$!
  wait $engine || true
  kill $way_out 2>/dev/null || true
  exit
fi

echo ready >"$run/inside"
thaw() {                                    # what a page has paused: frozen, it could not end
  find /sys/fs/cgroup -path "*/$group/*" -name freezer.state -execdir sh -c "echo THAWED >freezer.state" \; 2>/dev/null || true
  find /sys/fs/cgroup -path "*/$group/*" -name cgroup.freeze -execdir sh -c "echo 0 >cgroup.freeze" \; 2>/dev/null || true
}
# dockerd and containerd also write outside of what we give them, below /etc and /run. Here these two are our own.
mkdir "$run/etc" "$run/run"
mount -t tmpfs -o mode=755 tmpfs "$run/etc"
mkdir "$run/etc/new" "$run/etc/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$run/etc/new,workdir=$run/etc/work" overlay /etc
mount -t tmpfs -o mode=755 tmpfs "$run/run"
for folder in "$run" "$data"; do
  case $folder in /run/*)
    mkdir -p "$run/$folder"
    mount --rbind "$folder" "$run/$folder" ;;
  esac
done
mount --no-mtab --move "$run/run" /run                          # the table would be a file below /run
ip link set lo up
until [ -n "$(ip -4 -oneline address show dev tap0 2>/dev/null)" ]; do sleep 0.01; done
rm -f /etc/resolv.conf
echo nameserver 10.0.2.3 >/etc/resolv.conf                      # slirp4netns asks the host's servers

cat >"$run/containerd.toml" <<TOML
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri"]
plugins."io.containerd.internal.v1.opt".path = "$data/opt"
TOML
containerd --config "$run/containerd.toml" --root "$data/containerd" --state "$run/exec/containerd" \
  --address "$run/exec/containerd.sock" --log-level warn &
containerd=$!
until [ -S "$run/exec/containerd.sock" ]; do kill -0 $containerd; sleep 0.01; done
dockerd --containerd "$run/exec/containerd.sock" --host "unix://$run/docker.sock" --data-root "$data/docker" \
  --exec-root "$run/exec/docker" --pidfile "$run/exec/docker.pid" --config-file "$run/daemon.json" \
  --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$group" &
dockerd=$!

exec 9<"$data/users"
( flock --exclusive 9; thaw; kill $dockerd 2>/dev/null ) &
wait $dockerd || true
thaw
kill $containerd 2>/dev/null || true
wait $containerd || true
