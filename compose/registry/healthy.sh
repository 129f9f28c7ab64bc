#!/bin/bash
# Ask all three: readers answer, and the one that writes wants to know who asks.
set -eu
by_port() {
  exec 3<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET /v2/ HTTP/1.0\r\n\r\n' >&3
  head -n 1 <&3
}
by_port 5000 | grep -q ' 200 '
# It may have lost what it knows its writer by.
setpriv --reuid 5000 --regid 5000 --clear-groups test -r /etc/registry/htpasswd
by_port 501 | grep -q ' 401 '
perl -MIO::Socket::UNIX -e '
  my $hub = IO::Socket::UNIX->new("/run/registry/socket") or die;
  print $hub "GET /v2/ HTTP/1.0\r\n\r\n";
  exit(<$hub> !~ / 200 /);'
