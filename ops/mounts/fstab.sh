# shellcheck shell=bash
# Replace /etc/fstab, once findmnt has found no more mistakes in the new one than in the old.
seen=$1 wanted=$2 new=/etc/.fstab.labhub
if [ "$(sha256sum </etc/fstab | cut -c-64)" != "$seen" ]; then
  echo "somebody else has just edited /etc/fstab; run the task again"
  exit 1
fi
errors() { verify "$1" | grep -cE '\[E\]|^parse error' || true; }
cp -p /etc/fstab "$new"
printf %s "$wanted" | base64 -d > "$new"
# Another's line may be broken already, and stays so; none may become so.
if [ "$(errors "$new")" -gt "$(errors /etc/fstab)" ]; then
  verify "$new"
  rm "$new"
  exit 1
fi
cp -p /etc/fstab /etc/.fstab.before
sync "$new" /etc/.fstab.before
mv -fT /etc/.fstab.before /etc/fstab.before-labhub
mv -fT "$new" /etc/fstab
sync /etc
systemctl daemon-reload
