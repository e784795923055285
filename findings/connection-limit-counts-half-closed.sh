#!/bin/bash
# A rule takes two connections at a time and rejects more (nft "ct count over 2"). Two clients connect, and
# both programs end: no client has a connection any more. One would expect room for the next one. As long
# as the server's program has not closed as well, Linux counts both, and the next client is refused, by a
# port on which somebody listens and to which, seen from the client's side, nobody is connected.
source "$(dirname "$0")/namespaces.bash"
needs nft ss

cat >"$work/listen.py" <<'PYTHON'
import socket, sys

listener = socket.socket()
listener.bind(("10.99.0.2", 8080))
listener.listen(5)
print("listening", flush=True)
kept = [listener.accept()[0] for _ in range(2)]
sys.stdin.readline()
for connection in kept:
    connection.close()
print("closed", flush=True)
listener.accept()
sys.stdin.readline()
PYTHON

cat >"$work/connect.py" <<'PYTHON'
import socket

try:
    socket.create_connection(("10.99.0.2", 8080), 3).close()
    print("accepted")
except OSError as error:
    print(error.strerror)
PYTHON

on_server nft -f - <<'NFT'
table ip counting {
	chain input {
		type filter hook input priority 0;
		tcp dport 8080 ct state new ct count over 2 reject with tcp reset
	}
}
NFT

mkfifo "$work/close"
on_server python3 "$work/listen.py" <"$work/close" >"$work/listener" &
exec 3>"$work/close"
until grep -q listening "$work/listener"; do sleep 0.05; done
for _ in 1 2; do on_client python3 "$work/connect.py"; done >"$work/first"
sleep 0.2
on_client ss -Htn state established dst 10.99.0.2 >"$work/still-open"
while_server_keeps=$(on_client python3 "$work/connect.py")
echo >&3
until grep -q closed "$work/listener"; do sleep 0.05; done
sleep 0.2
after_server_closed=$(on_client python3 "$work/connect.py")
echo >&3

system
on_server nft --version
echo "the first two: $(tr '\n' ' ' <"$work/first")"
echo "connections that the client still has: $(wc -l <"$work/still-open")"
echo "the third, while the server has not closed: $while_server_keeps"
echo "the fourth, once it has: $after_server_closed"
[ "$(grep -c accepted "$work/first")" = 2 ] && [ ! -s "$work/still-open" ] &&
  [ "$while_server_keeps" = "Connection refused" ] && [ "$after_server_closed" = accepted ] ||
  changed "connections that only their client has closed are not counted"
