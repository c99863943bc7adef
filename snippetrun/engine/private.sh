#!/bin/sh
# private.sh RUN DATA GROUP: an engine of our own, which lives as long as somebody uses it.
#
# It has namespaces of its own for mounts, processes and the network, so that it cannot touch those of the host, and
# all that it made ends with it. slirp4netns is its way out: an ordinary process, no rule in any firewall.
#
# Whoever uses the engine holds a shared lock on DATA/users; once we get the exclusive one, nobody does, also when the
# last user was killed.
set -eu
run=$1 data=$2 group=$3

if [ "${4-}" != inside ]; then
  trap 'rm -rf "$run"' EXIT
  mkfifo "$run/inside"
  unshare --mount --net --pid --fork --kill-child --mount-proc sh "$0" "$run" "$data" "$group" inside &
  engine=$!
  read -r _ <"$run/inside"
  slirp4netns --configure --mtu=65520 --disable-host-loopback $engine tap0 &
  way_out=$!
  wait $engine || true
  kill $way_out 2>/dev/null || true
  find /sys/fs/cgroup -depth -type d -path "*/$group*" -exec rmdir {} + 2>/dev/null || true
  exit
fi

echo ready >"$run/inside"
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
( flock --exclusive 9; kill $dockerd 2>/dev/null ) &
wait $dockerd || true
kill $containerd 2>/dev/null || true
wait $containerd || true
