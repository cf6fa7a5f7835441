#!/bin/busybox sh
# In the first root, from which no other can be entered by pivot_root(2): a root of its own in memory, and then the test.
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t tmpfs -o size=90% none /new
insmod /overlay.ko
for name in bin lib lib64 usr package test; do
  [ -e /$name ] && cp -a /$name /new/
done
mkdir -p /new/dev /new/etc /new/proc /new/root /new/sbin /new/sys /new/tmp
umount /proc
exec switch_root /new /test
