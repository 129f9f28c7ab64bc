# shellcheck shell=bash
# Make a home of /etc/skel, whole or not at all.
beside=/home/.$1.new
rm -rf -- "$beside"
cp -rT /etc/skel "$beside"
chmod 0700 "$beside"
chown -R "$1:" "$beside"
mv -nT "$beside" "$2"
