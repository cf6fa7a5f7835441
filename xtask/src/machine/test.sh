#!/bin/sh
# What it prints is compared with what must be.
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mkdir -p /dev/pts /dev/shm
mount -t cgroup2 none /sys/fs/cgroup
echo 'root:x:0:0::/root:/bin/sh' > /etc/passwd
echo 'root:x:0:' > /etc/group
export HOME=/root PATH=/bin PIPE_STORE=/store
cd /package
echo "kernel: $(uname -r)"
pipe doctor | grep '^ok *cgroups'
for target in hungry modest bomb; do
  printed=$(pipe --progress json run --network off $target 2> /log)
  echo "$target exit: $?"
  echo "$target: $printed"
  sed -n 's/.*"event":"failure".*"message":"\([^"]*\)".*/\1/p' /log
  grep -c "can't fork" /log | sed 's/^0$/forks: all/; s/^[1-9].*/forks: refused/'
done
pipe run --network off patient > /dev/null 2>&1 &
until group=$(find /sys/fs/cgroup -name 'pipe-step-*' -type d | head -n 1) && [ -n "$group" ]; do sleep 1; done
for file in memory.max memory.swap.max pids.max cpu.max; do
  [ -e "$group/$file" ] && echo "$file: $(cat "$group/$file")"
done
kill -INT $!
wait
echo "groups left: $(find /sys/fs/cgroup -name 'pipe-step-*' | wc -l)"
poweroff -f
