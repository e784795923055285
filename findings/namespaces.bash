# Two network namespaces, a client and a server, with a wire between them; sourced by the scripts.
# Sets $client and $server (names), 10.99.0.1 and 10.99.0.2 (addresses), $work (a temporary folder).

set -euo pipefail

cannot_run() {
  echo "cannot run here: $1" >&2
  exit 2
}

needs() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || cannot_run "$tool is not installed"
  done
}

# What the script describes is no longer so.
changed() {
  echo "CHANGED: $1" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || cannot_run "network namespaces need root"
needs ip python3 tcpdump

client=finding-client-$$
server=finding-server-$$
work=$(mktemp -d)

clean_up() {
  ip netns del "$client" 2>/dev/null || true
  ip netns del "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

ip netns add "$client" || cannot_run "no network namespaces"
ip netns add "$server"
ip -n "$client" link add wire type veth peer name wire netns "$server"
ip -n "$client" address add 10.99.0.1/24 dev wire
ip -n "$server" address add 10.99.0.2/24 dev wire
for namespace in "$client" "$server"; do
  ip -n "$namespace" link set lo up
  ip -n "$namespace" link set wire up
done

on_client() { ip netns exec "$client" "$@"; }
on_server() { ip netns exec "$server" "$@"; }

# Captures at the client until stop_capture: what passed stands in $work/packets then, as text.
start_capture() {
  on_client tcpdump -i wire -n -U --immediate-mode -w "$work/capture.pcap" "tcp or icmp" \
    2>"$work/tcpdump" &
  capture=$!
  until grep -q "listening on" "$work/tcpdump"; do sleep 0.05; done
}

stop_capture() {
  sleep 0.3
  kill "$capture"
  wait "$capture" || true
  tcpdump -n -tt -r "$work/capture.pcap" >"$work/packets" 2>/dev/null
}

system() { echo "seen on: $(uname -sr)"; }
