#!/bin/bash
# TCP_DEFER_ACCEPT lets accept() return only once the client has sent data. One would expect that the kernel
# keeps the connection that the client's ACK completed, and waits. Linux throws that ACK away, stays in
# SYN-RECV, and when the option's time is over it sends its SYN-ACK again, so that a second ACK completes the
# connection: in a capture it looks as if the ACK were lost, or the accept queue full. The client is
# connected all the while.
source "$(dirname "$0")/namespaces.bash"
needs ss

cat >"$work/listen.py" <<'PYTHON'
import socket, sys, time

listener = socket.socket()
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 3)
listener.bind(("10.99.0.2", 8080))
listener.listen(5)
print("listening", flush=True)
time.sleep(8)
PYTHON

cat >"$work/connect.py" <<'PYTHON'
import socket, time

connection = socket.create_connection(("10.99.0.2", 8080))
print("connected", flush=True)
time.sleep(6)
PYTHON

start_capture
on_server python3 "$work/listen.py" >"$work/listener" &
until grep -q listening "$work/listener"; do sleep 0.05; done
on_client python3 "$work/connect.py" >"$work/client" &
until grep -q connected "$work/client"; do sleep 0.05; done
sleep 0.3
at_client=$(on_client ss -Htn state established dst 10.99.0.2 | wc -l)
at_server=$(on_server ss -Htn state syn-recv | wc -l)
sleep 5
stop_capture

syn_acks=$(grep -c '10\.99\.0\.2\.8080 > .*Flags \[S\.\]' "$work/packets" || true)
first_ack=$(grep -n -m 1 '> 10\.99\.0\.2\.8080: Flags \[\.\]' "$work/packets" | cut -d: -f1)
second_syn_ack=$(grep -n 'Flags \[S\.\]' "$work/packets" | sed -n 2p | cut -d: -f1)

system
python3 --version
echo "0.3 s after the ACK: $at_client established at the client, $at_server in SYN-RECV at the server"
echo "SYN-ACKs sent: $syn_acks"
cat "$work/packets"
[ "$at_client" = 1 ] && [ "$at_server" = 1 ] || changed "the server no longer keeps it in SYN-RECV"
[ "$syn_acks" -ge 2 ] && [ "${first_ack:-0}" -gt 0 ] && [ "$first_ack" -lt "$second_syn_ack" ] ||
  changed "the SYN-ACK is not repeated after the ACK"
