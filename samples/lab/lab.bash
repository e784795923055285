# The laboratory: network namespaces, captures, servers and clients. Sourced by make-samples.
#
# A story runs in a subshell that has set $story (its name) and $scratch (a directory of its own).
# lab_row makes   client eth0 -- eth0 router eth1 -- eth0 server
# lab_link makes  client eth0 -- one Ethernet segment, with the router on it -- eth0 server
# and both set $client, $router and $server to the names of the namespaces.

# shellcheck disable=SC2154  # what make-samples sets
# shellcheck disable=SC2034  # what the stories read

client_ip=10.0.0.7
server_ip=10.0.1.20
client_ip6=2001:db8::7
server_ip6=2001:db8:0:1::20

# ---------------------------------------------------------------- namespaces

lab_namespaces() {
    client=$namespace_prefix-$story-client
    router=$namespace_prefix-$story-router
    server=$namespace_prefix-$story-server
    local namespace
    for namespace in "$client" "$router" "$server"; do
        ip netns add "$namespace"
        quiet_namespace "$namespace"
    done
}

# No duplicate address detection, no router solicitations, no link-local addresses: the captures hold the story only.
# (The router has a link-local address all the same: it looks for its neighbours with it.)
# shellcheck disable=SC2016
quiet_namespace() {
    in_namespace "$1" sh -c '
        cd /proc/sys/net
        echo 1 >ipv6/conf/default/addr_gen_mode
        echo 0 >ipv6/conf/default/accept_dad
        echo 0 >ipv6/conf/default/dad_transmits
        echo 0 >ipv6/conf/default/router_solicitations
        echo 0 >ipv6/conf/default/accept_ra
        echo 1 >ipv6/conf/default/mldv2_unsolicited_report_interval
        for scope in all default; do
            echo 0 >ipv4/conf/$scope/rp_filter
            echo 0 >ipv4/conf/$scope/send_redirects
        done'
    ip -n "$1" link set lo up
}

forward_packets() {
    set_kernel "$1" ipv4/ip_forward 1
    set_kernel "$1" ipv6/conf/all/forwarding 1
}

lab_row() {
    lab_namespaces
    ip -batch - <<END
link add eth0 netns $client address 02:00:0a:00:00:07 type veth peer name eth0 netns $router address 02:00:0a:00:00:01
link add eth0 netns $server address 02:00:0a:00:01:20 type veth peer name eth1 netns $router address 02:00:0a:00:01:01
END
    forward_packets "$router"
    ip -n "$router" -batch - <<END
address add 10.0.0.1/24 dev eth0
address add 2001:db8::1/64 dev eth0
address add fe80::1/64 dev eth0
link set eth0 up
address add 10.0.1.1/24 dev eth1
address add 2001:db8:0:1::1/64 dev eth1
address add fe80::1/64 dev eth1
link set eth1 up
END
    lab_host "$client" "$client_ip/24" 10.0.0.1 "$client_ip6/64" 2001:db8::1
    lab_host "$server" "$server_ip/24" 10.0.1.1 "$server_ip6/64" 2001:db8:0:1::1
    wait_for_links
}

# All three on 10.0.0.0/24: the router's bridge br0 is the segment.
lab_link() {
    server_ip=10.0.0.20
    lab_namespaces
    ip -batch - <<END
link add eth0 netns $client address 02:00:0a:00:00:07 type veth peer name port0 netns $router
link add eth0 netns $server address 02:00:0a:00:00:20 type veth peer name port1 netns $router
END
    ip -n "$router" -batch - <<END
link add br0 address 02:00:0a:00:00:01 type bridge mcast_snooping 0
link set port0 master br0 up
link set port1 master br0 up
address add 10.0.0.1/24 dev br0
link set br0 up
END
    forward_packets "$router"
    set_kernel "$router" bridge/bridge-nf-call-iptables 0 2>/dev/null || true
    lab_host "$client" "$client_ip/24" 10.0.0.1
    lab_host "$server" "$server_ip/24" 10.0.0.1
    wait_for_links
}

# lab_host NAMESPACE ADDRESS/BITS GATEWAY [ADDRESS6/BITS GATEWAY6]
lab_host() {
    ip -n "$1" address add "$2" dev eth0
    [ $# -lt 4 ] || ip -n "$1" address add "$4" dev eth0
    ip -n "$1" link set eth0 up
    ip -n "$1" route add default via "$3"
    [ $# -lt 4 ] || ip -n "$1" -6 route add default via "$5"
}

# Carrier, tentative addresses and the first multicast reports need a moment.
wait_for_links() {
    sleep 1.5
}

in_namespace() {
    ip netns exec "$@"
}

# set_kernel NAMESPACE PATH VALUE, the path below /proc/sys/net
set_kernel() {
    in_namespace "$1" sh -c "echo $3 >/proc/sys/net/$2"
}

# rules NAMESPACE: an nftables rule set from standard input
rules() {
    in_namespace "$1" nft -f -
}

# firewall NAMESPACE HOOK RULE: one nftables rule
firewall() {
    rules "$1" <<END
table inet filter {
    chain $2 {
        type filter hook $2 priority 0
        $3
    }
}
END
}

# Full checksums, for frames that leave the kernel through a program.
no_offload() {
    in_namespace "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null
}

# remove_namespaces PATTERN: they, and what runs in them
remove_namespaces() {
    local namespace pids
    for namespace in $(ip netns list | awk '{ print $1 }'); do
        # shellcheck disable=SC2053
        [[ $namespace == $1 ]] || continue
        pids=$(ip netns pids "$namespace") || continue
        # shellcheck disable=SC2086
        [ -z "$pids" ] || kill -KILL $pids || true
        ip netns delete "$namespace" || true
    done 2>/dev/null
}

# ------------------------------------------------------------------ captures

# capture FILE NAMESPACE INTERFACE [TCPDUMP ARGUMENT...]
capture() {
    local file=$1 namespace=$2 interface=$3
    shift 3
    ip netns exec "$namespace" tcpdump -Z root -nn -U --immediate-mode -B 4096 -s 256 -i "$interface" \
        -w "$scratch/$file" "$@" 2>"$scratch/$file.log" &
    captures+=("$!")
    files+=("$file")
    wait_for_text "listening on" "$scratch/$file.log"
}

# capture_pcapng FILE NAMESPACE INTERFACE...
capture_pcapng() {
    local file=$1 namespace=$2 interface options=()
    shift 2
    for interface in "$@"; do
        options+=(-i "$interface" -s 256)
    done
    ip netns exec "$namespace" dumpcap -q -n -w "$scratch/$file" "${options[@]}" 2>"$scratch/$file.log" &
    captures+=("$!")
    files+=("$file")
    wait_for_text "File:" "$scratch/$file.log"
}

# The files go to their place only when every packet is in them.
end_captures() {
    local file
    stop_captures
    for file in "${files[@]}"; do
        put_in_place "$file"
    done
    files=()
}

# Every packet is in the files, which are still in $scratch.
stop_captures() {
    local process file
    sleep 0.4
    for process in "${captures[@]}"; do
        kill -TERM "$process"
        wait "$process" || fail "the capture did not end well"
    done
    for file in "${files[@]}"; do
        if grep -E '[1-9][0-9]* packets? dropped' "$scratch/$file.log"; then
            fail "$file: packets were lost"
        fi
    done
    captures=()
}

put_in_place() {
    chmod 644 "$scratch/$1"
    chown --reference="$samples" "$scratch/$1"
    mv "$scratch/$1" "$samples/$1"
}

wait_for_text() {
    local attempt
    for ((attempt = 0; attempt < 200; attempt++)); do
        if grep -qs "$1" "$2"; then
            return
        fi
        sleep 0.05
    done
    cat "$2" >&2
    fail "still no \"$1\" after 10 s"
}

# ---------------------------------------------------- servers, clients, time

# start NAMESPACE PROGRAM [ARGUMENT...]: a program of lab/ that says "ready"; $started is its process
start() {
    local namespace=$1 program=$2 log
    shift 2
    log=$(mktemp "$scratch/$program.XXXX")
    ip netns exec "$namespace" "$python" "$lab/$program" "$@" >"$log" 2>&1 &
    started=$!
    wait_for_text ready "$log"
}

serve() {
    start "$server" listen.py "$@"
}

# connect [OPTION...] ADDRESS PORT: from the client; what connect() returned goes to the story's results
connect() {
    in_namespace "$client" "$python" "$lab/connect.py" "$@" >>"$scratch/results"
}

# One ping: a later packet, by which the capture's own clock shows that time has passed.
tick() {
    in_namespace "$client" "$python" "$lab/ping.py" "${1:-$server_ip}"
}

fail() {
    echo "$story: $1" >&2
    exit 1
}
