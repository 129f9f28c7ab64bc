#!/bin/bash
# Keep the hub's certificate valid, signed by the lab's own authority, whose key never leaves here.
#
# `certificate check` says why a new one is needed, and nothing where none is; `certificate` makes
# it and has the proxy take it up; `certificate timer` does that as the timer, and notes it.
set -euo pipefail
umask 077

etc=${LABHUB_ETC:-/etc/labhub} # another one in tests
name=$(cat "$etc/tls/name")    # DNS:lab.example.org or IP:10.0.0.5
host=${name#*:}
server=$etc/tls/proxy/server.pem # the key and the certificate: one file, so that they never differ
page=$etc/hub/lab-ca.crt         # what members download
# One for each name: who takes an old name again need not be trusted anew.
ca=$etc/tls/ca/$name
month=$((30 * 86400)) days=${LABHUB_DAYS:-397}

# The authority can vouch for this name alone, so that trusting it risks no other site.
constraint() {
  case $name in
    DNS:*) echo "permitted;$name,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0" ;;
    IP:*:*) echo "permitted;$name/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,permitted;DNS:invalid" ;;
    *) echo "permitted;$name/255.255.255.255,permitted;DNS:invalid" ;;
  esac
}

lives() { openssl x509 -in "$1" -noout -checkend "$month" >/dev/null 2>&1; }

fits() { # whether the key is that of the certificate
  [ "$(openssl pkey -in "$1" -pubout 2>/dev/null)" = "$(openssl x509 -in "$2" -noout -pubkey)" ]
}

authority_problem() {
  if [ ! -s "$ca/ca.crt" ] || [ ! -s "$ca/ca.key" ]; then echo "there is none yet"; return; fi
  lives "$ca/ca.crt" || { echo "the lab's authority ends soon"; return; }
  fits "$ca/ca.key" "$ca/ca.crt" || echo "the lab's authority is damaged"
}

certificate_problem() {
  [ -s "$server" ] || { echo "there is none yet"; return; }
  lives "$server" || { echo "less than 30 days are left"; return; }
  local match=-verify_hostname
  [ "${name%%:*}" = DNS ] || match=-verify_ip
  if ! openssl verify -CAfile "$ca/ca.crt" -purpose sslserver "$match" "$host" "$server" \
    >/dev/null 2>&1 || ! fits "$server" "$server"; then
    echo "the one there is another"
    return
  fi
  [ "$(stat -c '%a %u:%g' "$server") $(stat -c %a "${server%/*}")" = "600 13:13 755" ] ||
    echo "its rights are not as they should be"
}

problem() {
  local found
  found=$(authority_problem)
  [ -n "$found" ] || found=$(certificate_problem)
  [ -n "$found" ] || cmp -s "$ca/ca.crt" "$page" || found="members cannot download the authority"
  echo "$found"
}

request() { # $1: the new key; the rest: what kind of certificate
  local key=$1
  shift
  # Without the system's openssl.cnf, which adds what was not asked for.
  printf '[req]\ndistinguished_name=dn\n[dn]\n' |
    openssl req -config /dev/stdin -x509 -sha256 -noenc -newkey ec \
      -pkeyopt ec_paramgen_curve:P-256 -keyout "$key" "$@" 2>/dev/null
}

make_authority() {
  local new
  mkdir -p "${ca%/*}"
  new=$(mktemp -d "${ca%/*}/.new.XXXXXX")
  request "$new/ca.key" -out "$new/ca.crt" -days 3650 -subj "/CN=Lab CA ${host:0:40} $(date +%F)" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
    -addext keyUsage=critical,keyCertSign,cRLSign -addext subjectKeyIdentifier=hash \
    -addext "nameConstraints=critical,$(constraint)"
  sync "$new/ca.key" "$new/ca.crt"
  [ ! -e "$ca" ] || mv -T "$ca" "$ca.until-$(date +%F-%H%M%S)"
  mv -T "$new" "$ca"
}

make_certificate() {
  local new
  install -d -m 0755 "${server%/*}"
  new=$(mktemp -d "$etc/tls/.new.XXXXXX")
  # No host's name: OpenSSL would hold it against what the authority may vouch for, an address too.
  request "$new/key" -out "$new/crt" -days "$days" -subj "/CN=Lab hub" \
    -CA "$ca/ca.crt" -CAkey "$ca/ca.key" \
    -addext "subjectAltName=$name" -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=serverAuth \
    -addext subjectKeyIdentifier=hash -addext authorityKeyIdentifier=keyid
  cat "$new/key" "$new/crt" >"$server.new"
  chown 13:13 "$server.new" # the proxy's own; nobody else reads it
  sync "$server.new"
  mv -fT "$server.new" "$server"
  rm -r "$new"
}

renew() {
  [ -z "$(authority_problem)" ] || make_authority
  [ -z "$(certificate_problem)" ] || make_certificate
  install -D -m 0644 "$ca/ca.crt" "$page.new"
  mv -fT "$page.new" "$page"
  # Without a restart: nobody's notebook loses its connection. Where the engine is down, the proxy
  # reads the certificate when it starts.
  docker ps --quiet --filter label=labhub.https 2>/dev/null |
    xargs -r docker kill --signal HUP >/dev/null || true
}

note() { # a line in the audit log, as every change leaves one
  printf '%s\t%s\t%s\t%s\t%s\n' "$(date -Is)" "root@$(hostname)" labhub-certificate "done" \
    "Renew the certificate of $host: $1" >>/var/log/labhub/audit.log
}

why=$(problem)
case ${1:-} in
  check) [ -z "$why" ] || echo "$why" ;;
  timer) [ -z "$why" ] || { renew && note "$why"; } ;;
  *) [ -z "$why" ] || renew ;;
esac
