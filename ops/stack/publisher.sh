# shellcheck shell=bash
# Make the credential for publishing, where it is not whole: the password for root, its hash for the
# registry, which reads it anew when it changes.
#   publisher.sh PASSWORD_FILE HASH_FILE USER IMAGE   the image is one that has bcrypt
umask 077
is_known=
[ ! -d "${2%/*}" ] || is_known=1
mkdir -p "${2%/*}"
chmod 0755 "${1%/*}" "${2%/*}"
head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' >"$1.new"
{
  # What tells whether the two belong together.
  echo "# $(sha256sum <"$1.new" | cut -c1-16)"
  # It is random and long: a hash that takes longer to make would slow down pushes, and protect nothing.
  docker run --rm --interactive --pull never --network none --cap-drop ALL --read-only \
    --log-driver none --entrypoint python "$4" -c 'import bcrypt, sys
hashed = bcrypt.hashpw(sys.stdin.buffer.read(), bcrypt.gensalt(5))
print(f"{sys.argv[1]}:{hashed.decode()}")' "$3" <"$1.new"
} >"$2.new"
chown 0:5000 "$2.new"
chmod 0640 "$2.new"
sync "$1.new" "$2.new"
# Whenever this is broken off there is no password, and both are made once more.
rm -f "$1"
mv -fT "$2.new" "$2"
mv -fT "$1.new" "$1"
# A folder that is a new one is another than the container has.
if [ -z "$is_known" ] && docker restart labhub-registry >/dev/null 2>&1; then
  # Who looks next is to find it well.
  for _ in $(seq 300); do
    [ "$(docker inspect -f '{{.State.Health.Status}}' labhub-registry)" != healthy ] || break
    sleep 0.2
  done
fi
