#!/bin/bash
# The disk of a virtual host: Debian 13 with its own kernel, systemd, sshd, sudo and Docker.
# Prints the folder that holds disk.qcow2, vmlinuz, initrd and the keys; made once, then kept.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=sandbox/lib.sh
. "$here/../lib.sh"
export PATH=$PATH:/usr/sbin:/sbin

need "A virtual host" mmdebstrap:mmdebstrap mke2fs:e2fsprogs qemu-img:qemu-utils zstd:zstd \
  qemu-system-x86_64:qemu-system-x86 smbd:samba ssh:openssh-client \
  /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring

certificates=/usr/local/share/ca-certificates
cache=${XDG_CACHE_HOME:-$HOME/.cache}/labhub/vm
recipe=$(cat "${BASH_SOURCE[0]}" "$certificates"/*.crt 2>/dev/null | sha256sum | cut -c1-12)
folder=$cache/$recipe

# The small initrd holds what reaches the root disk, and no more: it is read by an emulated machine.
customize() {
  local root=$1
  echo labserver >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 labserver\n' >"$root/etc/hosts"
  printf 'nameserver 10.0.2.3\n' >"$root/etc/resolv.conf"
  printf '/dev/vda / ext4 errors=remount-ro 0 1\n' >"$root/etc/fstab"
  printf '[Match]\nName=en* eth*\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n[DHCPv4]\nUseDNS=no\n' \
    >"$root/etc/systemd/network/10-lan.network"
  chroot "$root" systemctl enable systemd-networkd ssh
  # The last of these only wake up while somebody measures.
  chroot "$root" systemctl mask systemd-networkd-persistent-storage systemd-firstboot \
    e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer fstrim.timer
  chroot "$root" useradd -m -u 1000 -s /bin/bash -G sudo "$LAB_OPERATOR"
  echo "$LAB_OPERATOR:$LAB_PASSWORD" | chroot "$root" chpasswd
  install -d -m 700 -o 1000 -g 1000 "$root/home/$LAB_OPERATOR/.ssh"
  install -d -m 700 "$root/root/.ssh"
  install -m 600 -o 1000 -g 1000 "$LAB_KEYS/operator_ed25519.pub" \
    "$root/home/$LAB_OPERATOR/.ssh/authorized_keys"
  install -m 600 "$LAB_KEYS/root_ed25519.pub" "$root/root/.ssh/authorized_keys"
  rm -f "$root"/etc/ssh/ssh_host_*
  install -m 600 "$LAB_KEYS/host_ed25519" "$root/etc/ssh/ssh_host_ed25519_key"
  # Tests provoke refused logins; a lab's own host keeps Debian's default.
  echo 'PerSourcePenalties no' >"$root/etc/ssh/sshd_config.d/tests.conf"
  find "$LAB_CERTIFICATES" -name '*.crt' -exec cp -L {} "$root$LAB_CERTIFICATES/" \; 2>/dev/null || true
  chroot "$root" update-ca-certificates
  printf 'virtio_pci\nvirtio_blk\next4\n' >>"$root/etc/initramfs-tools/modules"
  sed -i 's/^MODULES=.*/MODULES=list/; s/^COMPRESS=.*/COMPRESS=lz4/' \
    "$root/etc/initramfs-tools/initramfs.conf"
  rm -rf "$root/etc/initramfs-tools/conf.d/driver-policy"
  chroot "$root" update-initramfs -u -k all
}

# With the packages that `inv deploy` installs, and without those of `inv mounts`: these are
# installed by it, as on a bare host; only lists and archives are there already.
install_engine() {
  local root=$1
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -c "
    apt-get -qq update
    apt-get -qq -y install --no-install-recommends docker.io docker-cli docker-compose \
      docker-buildx iptables rsync
    apt-get -qq clean
    apt-get -qq -y install --download-only --no-install-recommends cifs-utils"
  rm "$root/usr/sbin/policy-rc.d"
  # As on a host without it: `inv deploy` enables it, and until then no boot waits for it.
  chroot "$root" systemctl --quiet disable docker.service docker.socket containerd.service
  printf 'nameserver 10.0.2.3\n' >"$root/etc/resolv.conf"
}

if [ "${1:-}" = customize ]; then
  customize "$2"
  install_engine "$2"
  exit
fi

mkdir -p "${cache%/*}"
exec 9>"$cache.lock"
flock --timeout 900 9 ||
  fail "Another run has been making the virtual host for 15 minutes: see what holds $cache.lock"
if [ -f "$folder/complete" ]; then
  echo "$folder"
  exit
fi

make_keys() {
  local key
  for key in operator host root; do
    [ -f "$folder/${key}_ed25519" ] ||
      ssh-keygen -q -t ed25519 -N '' -C "labhub-vm-$key" -f "$folder/${key}_ed25519"
  done
}

# Never into /proc, /sys or /dev, which a bootstrap mounts and, when it is killed, leaves mounted:
# so it has a mount namespace of its own as well.
remove() {
  as_root rm -rf --one-file-system "$@"
}

make_root() {
  remove "$work"
  as_root env LAB_KEYS="$folder" LAB_CERTIFICATES="$certificates" LAB_OPERATOR=agfalta \
    LAB_PASSWORD=lab-sudo \
    nice unshare --mount mmdebstrap --quiet --variant=minbase --components=main \
    --include=linux-image-amd64,initramfs-tools,lz4,systemd-sysv,dbus,libpam-systemd,udev,kmod \
    --include=openssh-server,sudo,adduser,passwd,python3,ca-certificates,iproute2,procps,apt-utils \
    --include=e2fsprogs --skip=cleanup/apt \
    --customize-hook="\"$here/disk.sh\" customize \"\$1\"" trixie "$work"
}

make_disk() {
  cp -L "$work/vmlinuz" "$folder/vmlinuz"
  cp -L "$work/initrd.img" "$folder/initrd"
  # This machine's docker may have no BuildKit; the host's plugin serves both.
  mkdir -p "$folder/docker/cli-plugins"
  cp "$work/usr/libexec/docker/cli-plugins/docker-buildx" "$folder/docker/cli-plugins/"
  as_root mke2fs -q -t ext4 -L root -E lazy_itable_init=0 -d "$work" "$folder/disk.raw" 12G
  qemu-img convert -O qcow2 "$folder/disk.raw" "$folder/disk.qcow2"
  remove "$folder/disk.raw" "$work"
}

# One recipe is kept: another one's disk and frozen states are gigabytes.
remove "$cache"
mkdir -p "$folder"
work=$folder/root
make_keys
step "Bootstrapping the virtual host's Debian" make_root
step "Making the virtual host's disk" make_disk
touch "$folder/complete"
echo "$folder"
