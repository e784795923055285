# More places on one path than a single capture has: what stories of ../places are told with. Sourced by lab.bash.

# shellcheck disable=SC2154  # what lab.bash sets
# shellcheck disable=SC2034  # what stories read

near=$prefix-near
far=$prefix-far
client_side=10.0.10.1
server_side=10.0.11.1

# ---------------------------------------------------------------- namespaces

# client eth0 -- eth0 near eth1 -- eth0 router eth1 -- eth0 far eth1 -- eth0 server
long_row() {
    new_namespaces "$client" "$near" "$router" "$far" "$server"
    ip -batch - <<END
link add eth0 netns $client address 02:00:0a:00:00:07 type veth peer name eth0 netns $near address 02:00:0a:00:00:01
link add eth1 netns $near address 02:00:0a:00:0a:02 type veth peer name eth0 netns $router address 02:00:0a:00:0a:01
link add eth1 netns $router address 02:00:0a:00:0b:01 type veth peer name eth0 netns $far address 02:00:0a:00:0b:02
link add eth0 netns $server address 02:00:0a:00:01:20 type veth peer name eth1 netns $far address 02:00:0a:00:01:01
END
    hop "$near" 10.0.0.1/24 2001:db8::1/64 10.0.10.2/24 2001:db8:0:10::2/64
    hop "$router" $client_side/24 2001:db8:0:10::1/64 $server_side/24 2001:db8:0:11::1/64
    hop "$far" 10.0.11.2/24 2001:db8:0:11::2/64 10.0.1.1/24 2001:db8:0:1::1/64
    way "$near" default $client_side default 2001:db8:0:10::1
    way "$router" 10.0.0.0/24 10.0.10.2 2001:db8::/64 2001:db8:0:10::2
    way "$router" 10.0.1.0/24 10.0.11.2 2001:db8:0:1::/64 2001:db8:0:11::2
    way "$far" default $server_side default 2001:db8:0:11::1
    host "$client" "$client_ip/24" 10.0.0.1 "$client_ip6/64" 2001:db8::1
    host "$server" "$server_ip/24" 10.0.1.1 "$server_ip6/64" 2001:db8:0:1::1
    ticking=("$near" "$router" "$far")
    sleep 1.2
}

# hop NAMESPACE ADDRESS ADDRESS6 ADDRESS ADDRESS6: a router, with those of eth0 and of eth1
hop() {
    forward_packets "$1"
    ip -n "$1" -batch - <<END
address add $2 dev eth0
address add $3 dev eth0
link set eth0 up
address add $4 dev eth1
address add $5 dev eth1
link set eth1 up
END
}

# way NAMESPACE NETWORK GATEWAY NETWORK6 GATEWAY6
way() {
    ip -n "$1" route add "$2" via "$3"
    ip -n "$1" -6 route add "$4" via "$5"
}

# lossy NAMESPACE PERCENT [MATCH]: of what is forwarded, each way, so much is lost by chance
lossy() {
    firewall "$1" forward "${3:-meta l4proto tcp} numgen random mod 100 < $2 drop"
}

# second_way: one more link between client and server, eth1 at both, which passes by everything between them
second_way() {
    ip link add eth1 netns "$client" type veth peer name eth1 netns "$server"
    ip -n "$client" link set eth1 up
    ip -n "$server" link set eth1 up
    ip -n "$client" address add 10.0.2.7/24 dev eth1
    ip -n "$server" address add 10.0.2.20/24 dev eth1
    ip -n "$server" route replace 10.0.0.0/24 via 10.0.2.7
    sleep 0.3
}

# ------------------------------------------------------------------ captures

# capture_path: client, both sides of the router, server
capture_path() {
    capture_at client="$client:eth0" in="$router:eth0" out="$router:eth1" server="$server:eth0"
}

# capture_at NAME=NAMESPACE:INTERFACE...: all at once, in the order of the path
capture_at() {
    local one name where
    for one in "$@"; do
        name=${one%%=*}
        where=${one#*=}
        # shellcheck disable=SC2086
        ip netns exec "${where%%:*}" tcpdump -Z root -nn -U --immediate-mode -B 4096 -s 256 -i "${where#*:}" \
            -w "$scratch/$name.pcap" ${filter[$name]:-} 2>"$scratch/$name.log" &
        captures+=("$!")
        vantages+=("$name")
        places+=("$name")
    done
    for name in "${places[@]}"; do
        wait_for_text "listening on" "$scratch/$name.log"
    done
}

# What a story says of its captures is done when all packets are in them. The whole ones stay in the folder "whole": the
# truth is read from them.
end_places() {
    local name
    [ "${#places[@]}" -gt 0 ] || return 0
    mkdir "$scratch/whole"
    for name in "${places[@]}"; do
        cp "$scratch/$name.pcap" "$scratch/whole/"
        files[$name]=$name.pcap
    done
    if declare -F afterwards >/dev/null; then
        afterwards
    fi
    for name in "${places[@]}"; do
        printf '%s\t%s\n' "$name" "${files[$name]}" >>"$scratch/places"
    done
}

# first_time PLACE: when the first TCP packet of the whole capture was seen
first_time() {
    tcpdump -r "$scratch/whole/$1.pcap" -nn -tt tcp or ip6 proto 6 2>/dev/null | awk 'NR == 1 { print $1 }'
}

# seconds_after PLACE SECONDS
seconds_after() {
    awk -v first="$(first_time "$1")" -v later="$2" 'BEGIN { printf "%.6f", first + later }'
}

# begins_at PLACE SECONDS, ends_at PLACE SECONDS: after its first TCP packet
begins_at() {
    change "$1" editcap -F pcap -A "$(seconds_after "$1" "$2")" "$scratch/$1.pcap" "$scratch/changed"
}

ends_at() {
    change "$1" editcap -F pcap -B "$(seconds_after "$1" "$2")" "$scratch/$1.pcap" "$scratch/changed"
}

# has_only PLACE FILTER: as if it had been captured with this filter
has_only() {
    change "$1" tcpdump -Z root -r "$scratch/$1.pcap" -w "$scratch/changed" "$2"
}

# loses PLACE EVERY: each so-manieth packet, as a capture does that cannot keep up
loses() {
    local packets number lost=()
    packets=$(tcpdump -r "$scratch/$1.pcap" -nn 2>/dev/null | wc -l)
    for ((number = $2; number <= packets; number += $2)); do
        lost+=("$number")
    done
    change "$1" editcap -F pcap "$scratch/$1.pcap" "$scratch/changed" "${lost[@]}"
}

# has_a_hole PLACE FROM UNTIL: two files of a ring, and what was between (in seconds after its first TCP packet) is gone
has_a_hole() {
    editcap -F pcap -B "$(seconds_after "$1" "$2")" "$scratch/$1.pcap" "$scratch/$1-1.pcap"
    editcap -F pcap -A "$(seconds_after "$1" "$3")" "$scratch/$1.pcap" "$scratch/$1-2.pcap"
    files[$1]=$1-1.pcap,$1-2.pcap
}

change() {
    local place=$1
    shift
    "$@" 2>"$scratch/change.log" || { cat "$scratch/change.log" >&2; fail "$place could not be changed"; }
    mv "$scratch/changed" "$scratch/$place.pcap"
}

# ------------------------------------------------------------------ programs

# relay ADDRESS PORT TARGET TARGET_PORT: a proxy on the router, which asks the target for each client
relay() {
    at=$router start relay "$@"
}

# -------------------------------------------------------------- expectations

path() { expectation path "$@"; }
others() { expectation others "$@"; }
answers_pass() { expectation answers_pass "$@"; }
shifted() { expectation shifted "$@"; }
says() { expectation says "$@"; }
says_nothing_of() { expectation says_nothing_of "$@"; }
