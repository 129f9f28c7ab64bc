# shellcheck shell=bash
# Start a release and wait until its hub answers.
# What a failed start replaced is put back: the old containers were made from the old release.
release=$1 current=$2 port=$3
start() { docker compose --env-file settings.env up --detach --remove-orphans --wait \
  --wait-timeout 600; }
answers() { exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /hub/health HTTP/1.0\r\n\r\n' >&3
  head -n 1 <&3 | grep -q ' 200 '; }
await() { for _ in $(seq 300); do (answers) 2>/dev/null && return; sleep 1; done
  echo "the hub does not answer at port $port"; return 1; }
cd "$release" || exit
# Where something else has a port of the registry, its container would only start again and again.
if [ "$(docker inspect -f '{{.State.Running}}' labhub-registry 2>/dev/null)" != true ]; then
  for at in 5000 501; do
    (exec 3<>"/dev/tcp/127.0.0.1/$at") 2>/dev/null || continue
    echo "another program listens at port $at of the host, which the registry needs:"
    ss -Hltnp "sport = :$at" || true
    exit 1
  done
fi
if start && await; then
  ln -sfnT "$release" "$current.new" && mv -fT "$current.new" "$current"
  # Of releases in which the registry was on one.
  docker network rm labhub-registry >/dev/null 2>&1 || true
  exit 0
fi
for name in registry proxy hub; do
  [ "$(docker inspect -f '{{.State.Health.Status}}' "labhub-$name" 2>/dev/null)" = healthy ] ||
    docker logs --tail 8 "labhub-$name" 2>&1 | sed "s/^/$name: /" || true
done
if [ -d "$current" ] && [ "$(readlink "$current")" != "$release" ]; then
  cd "$current/" && start >/dev/null 2>&1 && echo "The release before it was put back and runs."
fi
exit 1
