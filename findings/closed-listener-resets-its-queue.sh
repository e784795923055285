#!/bin/bash
# A listener is closed while connections wait in its accept queue. One would expect that they are closed in
# order (FIN), or that the client learns of it with its next segment. Linux resets all of them at once, and
# by a RST with ACK: the shape in which a live application aborts a connection, not that of a port on which
# nothing listens.
source "$(dirname "$0")/namespaces.bash"

cat >"$work/listen.py" <<'PYTHON'
import socket, sys, time

listener = socket.socket()
listener.bind(("10.99.0.2", 8080))
listener.listen(5)
print("listening", flush=True)
sys.stdin.readline()
listener.close()
time.sleep(1)
PYTHON

cat >"$work/connect.py" <<'PYTHON'
import socket, time

connections = [socket.create_connection(("10.99.0.2", 8080)) for _ in range(3)]
print("connected", flush=True)
connections[0].settimeout(2)
try:
    print("read:", connections[0].recv(1))
except OSError as error:
    print("read:", error.strerror, flush=True)
PYTHON

mkfifo "$work/close"
start_capture
on_server python3 "$work/listen.py" <"$work/close" >"$work/listener" &
exec 3>"$work/close"
until grep -q listening "$work/listener"; do sleep 0.05; done
on_client python3 "$work/connect.py" >"$work/client" &
connects=$!
until grep -q connected "$work/client"; do sleep 0.05; done
echo >&3
wait "$connects"
stop_capture

from_server='10\.99\.0\.2\.8080 > .*Flags'
with_ack=$(grep -c "$from_server \[R\.\]" "$work/packets" || true)
bare=$(grep -c "$from_server \[R\]," "$work/packets" || true)
ends=$(grep -c "$from_server \[F" "$work/packets" || true)

system
python3 --version
tail -n 1 "$work/client"
echo "of 3 connections in the queue: $with_ack reset by RST with ACK, $bare by a bare RST, $ends by FIN"
grep "$from_server \[R" "$work/packets" || true
[ "$with_ack" = 3 ] && [ "$bare" = 0 ] && [ "$ends" = 0 ] ||
  changed "the queue of a closed listener is not reset by RST with ACK"
