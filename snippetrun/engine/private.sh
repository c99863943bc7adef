#!/bin/sh
# private.sh RUN DATA GROUP: an engine of our own, which lives as long as somebody uses it.
#
# PID 1 of a PID and a mount namespace: when it ends, every process and every mount of the engine ends with it. Whoever
# uses the engine holds a shared lock on RUN/users; once we get the exclusive one, nobody does, also when the last user
# was killed. The engine gets no bridge, no firewall rules and no sysctl of the host.
set -eu
run=$1 data=$2 group=$3

# Where dockerd and containerd would write outside of what we give them. What we make for that, we take away again.
made=
for folder in /etc/docker /opt/containerd /run/containerd /run/docker; do
  [ -d "$folder" ] || { mkdir -p "$folder" && made="$made $folder"; }
  mount -t tmpfs -o mode=755 tmpfs "$folder"
done

containerd --root "$data/containerd" --state "$run/containerd" --address "$run/containerd.sock" --log-level warn &
containerd=$!
until [ -S "$run/containerd.sock" ]; do kill -0 $containerd; sleep 0.01; done
dockerd --containerd "$run/containerd.sock" --host "unix://$run/docker.sock" --data-root "$data/docker" \
  --exec-root "$run/exec" --pidfile "$run/docker.pid" --config-file "$run/daemon.json" \
  --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
  --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$group" &
dockerd=$!

exec 9<"$run/users"
( flock --exclusive 9; kill $dockerd 2>/dev/null ) &
wait $dockerd || true
kill $containerd 2>/dev/null || true
wait $containerd || true

find /sys/fs/cgroup -depth -type d -path "*/$group*" -exec rmdir {} + 2>/dev/null || true
for folder in $made; do umount "$folder"; rmdir "$folder" 2>/dev/null || true; done
rm -rf "$run"
