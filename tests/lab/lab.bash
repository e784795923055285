#!/bin/bash
# The laboratory: runs one story in network namespaces of its own, and writes down what happened.
#
#     lab.bash STORY.lab FOLDER PREFIX
#
# FOLDER gets one capture per vantage (client.pcap, router.pcap, server.pcap), `connects` (what each connect() returned)
# and `expectations` (what the story says must be found). README.md describes the language of the stories.

# shellcheck disable=SC2034  # what the stories read

set -euo pipefail
shopt -s extglob

story_file=$1
scratch=$2
prefix=$3
lab=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
python=$(command -v /usr/bin/python3 || command -v python3)
longest=60

client=$prefix-client
router=$prefix-router
server=$prefix-server

client_ip=10.0.0.7
server_ip=10.0.1.20
router_ip=10.0.0.1
client_ip6=2001:db8::7
server_ip6=2001:db8:0:1::20
router_ip6=2001:db8::1

export LAB_CONNECTS=$scratch/connects
# Where a story wants less than everything: filter[client]="dst host $server_ip"
declare -A filter=()
captures=()
vantages=()
kernel_log_setting=/proc/sys/net/netfilter/nf_log_all_netns
kernel_log_word=
kernel_log_before=0
logs=()
# Where frames of no protocol are sent: all links begin there.
ticking=("$router")
places=()
declare -A files=()

# ---------------------------------------------------------------- namespaces

in_namespace() {
    ip netns exec "$@"
}

new_namespaces() {
    local namespace
    for namespace in "$@"; do
        ip netns add "$namespace"
        quiet_namespace "$namespace"
    done
}

# No duplicate address detection, no router solicitations, no link-local addresses: the captures hold the story only.
# shellcheck disable=SC2016
quiet_namespace() {
    in_namespace "$1" sh -c '
        cd /proc/sys/net
        echo 1 >ipv6/conf/default/addr_gen_mode
        echo 0 >ipv6/conf/default/accept_dad
        echo 0 >ipv6/conf/default/dad_transmits
        echo 0 >ipv6/conf/default/router_solicitations
        echo 0 >ipv6/conf/default/accept_ra
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

# client eth0 -- eth0 router eth1 -- eth0 server
row() {
    new_namespaces "$client" "$router" "$server"
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
    host "$client" "$client_ip/24" 10.0.0.1 "$client_ip6/64" 2001:db8::1
    host "$server" "$server_ip/24" 10.0.1.1 "$server_ip6/64" 2001:db8:0:1::1
    sleep 1.2
}

# One segment, the router's bridge br0, with client, router and server on it.
link() {
    one_segment
    ip -n "$router" -batch - <<END
link add br0 address 02:00:0a:00:00:01 type bridge mcast_snooping 0
link set eth0 master br0 up
link set eth1 master br0 up
address add 10.0.0.1/24 dev br0
address add 2001:db8::1/64 dev br0
link set br0 up
END
    forward_packets "$router"
    set_kernel "$router" bridge/bridge-nf-call-iptables 0 2>/dev/null || true
    set_kernel "$router" bridge/bridge-nf-call-ip6tables 0 2>/dev/null || true
    host "$client" "$client_ip/24" 10.0.0.1 "$client_ip6/64" 2001:db8::1
    host "$server" "$server_ip/24" 10.0.0.1 "$server_ip6/64" 2001:db8::1
    sleep 1.2
}

# wire DELAY [--inject PORT]: one segment, whose router is a wire that takes DELAY seconds for every frame. With --inject,
# it answers SYNs to the port with a RST of its own, too.
wire() {
    one_segment
    ip -n "$router" link set eth0 up
    ip -n "$router" link set eth1 up
    host "$client" "$client_ip/24" 10.0.0.1 "$client_ip6/64" 2001:db8::1
    host "$server" "$server_ip/24" 10.0.0.1 "$server_ip6/64" 2001:db8::1
    know_neighbour "$client" 02:00:0a:00:00:20 "$server_ip" "$server_ip6"
    know_neighbour "$server" 02:00:0a:00:00:07 "$client_ip" "$client_ip6"
    real_checksums "$client"
    real_checksums "$server"
    sleep 1.2
    at=$router start wire "$@"
}

one_segment() {
    server_ip=10.0.0.20
    server_ip6=2001:db8::20
    new_namespaces "$client" "$router" "$server"
    ip -batch - <<END
link add eth0 netns $client address 02:00:0a:00:00:07 type veth peer name eth0 netns $router
link add eth0 netns $server address 02:00:0a:00:00:20 type veth peer name eth1 netns $router
END
}

# host NAMESPACE ADDRESS/BITS GATEWAY ADDRESS6/BITS GATEWAY6
host() {
    ip -n "$1" -batch - <<END
address add $2 dev eth0
address add $4 dev eth0
link set eth0 up
route add default via $3
END
    ip -n "$1" -6 route add default via "$5"
}

# know_neighbour NAMESPACE MAC ADDRESS...
know_neighbour() {
    local namespace=$1 mac=$2 address
    shift 2
    for address in "$@"; do
        ip -n "$namespace" neighbour replace "$address" lladdr "$mac" dev eth0 nud permanent
    done
}

# For frames that leave the kernel through a program.
real_checksums() {
    in_namespace "$1" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
}

# address NAMESPACE ADDRESS/BITS...: more addresses for eth0
address() {
    local namespace=$1 one
    shift
    for one in "$@"; do
        ip -n "$namespace" address add "$one" dev eth0
    done
}

# set_kernel NAMESPACE PATH VALUE, the path below /proc/sys/net
set_kernel() {
    in_namespace "$1" sh -c "echo $3 >/proc/sys/net/$2"
}

# rules NAMESPACE: an nftables rule set from standard input
rules() {
    in_namespace "$1" nft -f -
}

# firewall NAMESPACE HOOK RULE...: nftables rules for IPv4 and IPv6
firewall() {
    local namespace=$1 hook=$2
    shift 2
    { printf 'table inet filter {\nchain %s {\ntype filter hook %s priority 0\n' "$hook" "$hook"
      printf '%s\n' "$@"
      printf '}\n}\n'; } | rules "$namespace"
}

no_firewall() {
    in_namespace "$1" nft flush ruleset
}

remove_namespaces() {
    local namespace pids
    for namespace in $(ip netns list | awk '{ print $1 }'); do
        [[ $namespace == "$prefix"-@(client|near|router|far|server) ]] || continue
        pids=$(ip netns pids "$namespace") || continue
        # shellcheck disable=SC2086
        [ -z "$pids" ] || kill -KILL $pids || true
        ip netns delete "$namespace" || true
    done 2>/dev/null
}

# ------------------------------------------------------------------ captures

# capture [VANTAGE=INTERFACE...]: tcpdump at all vantages at once; unless told otherwise, on the interface of the client and
# of the server and on all interfaces of the router. INTERFACE+nflog:GROUP is both in one file.
capture() {
    local one vantage interface namespace length
    declare -A interfaces=([client]=eth0 [router]=any [server]=eth0)
    for one in "$@"; do
        interfaces[${one%%=*}]=${one#*=}
    done
    for vantage in client router server; do
        namespace=$prefix-$vantage
        interface=${interfaces[$vantage]}
        if [[ $interface == *+* ]]; then
            capture_log "$vantage" "${interface#*+}"
            interface=${interface%%+*}
        fi
        # Several records come at once, for which libpcap has no more room than for one packet of this length: the rest is lost.
        length=256
        [[ $interface != nflog:* ]] || length=262144
        # shellcheck disable=SC2086
        ip netns exec "$namespace" tcpdump -Z root -nn -U --immediate-mode -B 4096 -s "$length" -i "$interface" \
            -w "$scratch/$vantage.pcap" ${filter[$vantage]:-} 2>"$scratch/$vantage.log" &
        captures+=("$!")
        vantages+=("$vantage")
    done
    for vantage in "${vantages[@]}"; do
        wait_for_text "listening on" "$scratch/$vantage.log"
    done
}

# What rules log to user space, beside the wire of the same vantage; merged into one file at the end.
capture_log() {
    ip netns exec "$prefix-$1" tcpdump -Z root -nn -U -B 4096 -s 262144 -i "$2" -w "$scratch/$1-log.pcap" \
        2>"$scratch/$1-log.log" &
    captures+=("$!")
    logs+=("$1")
    wait_for_text "listening on" "$scratch/$1-log.log"
}

merge_logs() {
    local vantage
    for vantage in "${logs[@]}"; do
        mergecap -w "$scratch/$vantage.both" "$scratch/$vantage.pcap" "$scratch/$vantage-log.pcap"
        mv "$scratch/$vantage.both" "$scratch/$vantage.pcap"
    done
}

# The sequence number of the first SYN in the client's capture.
first_isn() {
    tcpdump -r "$scratch/client.pcap" -nn -S 'tcp[tcpflags] == tcp-syn' 2>/dev/null | sed -n '1s/.* seq \([0-9]*\),.*/\1/p'
}

# A frame of no protocol, at every vantage: by it the captures' own clocks show that time has passed.
tick() {
    local namespace
    for namespace in "${ticking[@]}"; do
        in_namespace "$namespace" "$python" "$lab/lab.py" tick
    done
}

# kernel_log WORD: what the kernels of the namespaces log with this word goes beside the captures, as kernel.log. The
# setting is of the whole machine: it is put back as it was.
kernel_log() {
    kernel_log_word=$1
    kernel_log_before=$(cat "$kernel_log_setting")
    if ! echo 1 2>/dev/null >"$kernel_log_setting"; then
        fail "the kernel does not let namespaces log ($kernel_log_setting)"
    fi
}

end_kernel_log() {
    [ -n "$kernel_log_word" ] || return 0
    echo "$kernel_log_before" >"$kernel_log_setting"
    dmesg --time-format iso | grep -F "$kernel_log_word" >"$scratch/kernel.log" || true
    kernel_log_word=
}

end_captures() {
    local process vantage
    # The kernel hands out what was logged once a second.
    if grep -qs nflog "$scratch"/*.log; then
        sleep 1.2
    fi
    sleep 0.25
    tick
    sleep 0.25
    end_kernel_log
    for process in "${captures[@]}"; do
        kill -TERM "$process"
        wait "$process" || fail "a capture did not end well"
    done
    for vantage in "${vantages[@]}"; do
        if grep -E '[1-9][0-9]* packets? dropped' "$scratch/$vantage.log"; then
            fail "$vantage: packets were lost while capturing"
        fi
    done
    merge_logs
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

# ---------------------------------------------------------- servers, clients

# start PROGRAM [ARGUMENT...]: a program of lab.py that says "ready"; $started is its process. Runs at the server, or $at.
start() {
    local log
    log=$(mktemp "$scratch/$1.XXXX")
    ip netns exec "${at:-$server}" "$python" "$lab/lab.py" "$@" >"$log" 2>&1 &
    started=$!
    wait_for_text ready "$log"
}

serve() {
    start serve "$@"
}

# respond PORT=KIND...: crafted answers to SYNs; the server's own TCP never hears of them
respond() {
    local one ports=
    for one in "$@"; do
        ports+="${ports:+, }${one%%=*}"
    done
    firewall "$server" input "tcp dport { $ports } drop"
    start respond "$@"
}

# connect NAME ADDRESS PORT [OPTION...]: runs at the client, or $at; ends when all is said
connect() {
    in_namespace "${at:-$client}" "$python" "$lab/lab.py" connect "$@"
}

# The same, with connections that stay open until the end of the story.
keep_open() {
    ip netns exec "${at:-$client}" "$python" "$lab/lab.py" connect "$@" --hold &
    wait_for_text "^$1	" "$LAB_CONNECTS"
}

# send_syn NAME ADDRESS PORT [OPTION...]: a bare SYN, made by hand
send_syn() {
    in_namespace "${at:-$client}" "$python" "$lab/lab.py" syn "$@"
}

# -------------------------------------------------------------- expectations

returned() { expectation returned "$@"; }
verdict() { expectation verdict "$@"; }
attempts() { expectation attempts "$@"; }

expectation() {
    local IFS=$'\t'
    printf '%s\t%s\n' "${BASH_LINENO[1]}" "$*" >>"$scratch/expectations"
}

fail() {
    echo "$1" >&2
    exit 1
}

# Ends the programs of a story that takes too long: what waits for them fails.
watch_the_clock() {
    local never
    exec {never}<> <(:)
    read -r -t "$longest" -u "$never" || true
    echo "not done after $longest s" >>"$scratch/too-long"
    remove_namespaces
}

clean_up() {
    local running
    trap - EXIT INT TERM
    set +e
    kill -KILL "$clock"
    end_kernel_log
    running=$(jobs -rp)
    # shellcheck disable=SC2086
    [ -z "$running" ] || kill -KILL $running
    remove_namespaces
} 2>/dev/null

# shellcheck source=places.bash
source "$lab/places.bash"

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
: >"$LAB_CONNECTS" >"$scratch/expectations"
watch_the_clock >/dev/null 2>&1 &
clock=$!
disown

# shellcheck disable=SC1090
source "$story_file"
end_captures
end_places
