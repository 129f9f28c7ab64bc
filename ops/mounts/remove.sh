# shellcheck shell=bash
# Unmount a share, and take away all that its mount was made of.
unit=$1 folder=$2 target=$3 note=$4 login=$5
systemctl daemon-reload
unmount "$unit" "$folder/share"
chattr -i "$folder/share" 2>/dev/null || true
# Never more than empty folders: what somebody put there is not ours to delete.
for path in "$folder/share" "$folder"; do if [ -d "$path" ]; then rmdir "$path"; fi; done
if [ "$(readlink "$target")" = "$folder/share" ]; then rm "$target"; fi
rm -f "$note" "$login"
