# The stories, one function each. Sourced by make-samples, which runs each in a subshell.
#
# story NAME SENTENCE announces the function story_NAME (with _ for -). Files are named like their story, unless it
# writes several. Where silence is the point, the capture goes on for more than 3 s after the first SYN.

# shellcheck disable=SC2154  # what lab.bash and make-samples set
# shellcheck disable=SC2034  # what make-samples reads

stories=()
declare -A about

story() {
    stories+=("$1")
    about[$1]=$2
}

# ------------------------------------------------------------ refused by RST

story closed-port "Nothing listens on the port: the server's own stack answers with a RST."
story_closed_port() {
    lab_row
    serve "$server_ip" 22
    capture closed-port.pcap "$client" eth0
    connect --say hi "$server_ip" 22
    connect "$server_ip" 5432
    end_captures
}

story closed-port-dscp "The same with DSCP marks: the RST echoes the traffic class, which no firewall rule does."
story_closed_port_dscp() {
    lab_row
    capture closed-port-dscp.pcap "$client" eth0 --time-stamp-precision=nano
    connect --tos 0x48 "$server_ip" 5432
    end_captures
}

story closed-port-ipv6 "Nothing listens on the port, over IPv6: the RST has a flow label."
story_closed_port_ipv6() {
    lab_row
    capture closed-port-ipv6.pcap "$client" eth0
    connect "$server_ip6" 5432
    end_captures
}

story old-address "The name in the DNS leads to a machine on which the service does not run any more."
story_old_address() {
    lab_row
    start "$router" names.py serve 10.0.0.1 db.example.com "$server_ip"
    capture old-address.pcap "$client" eth0
    in_namespace "$client" "$python" "$lab/names.py" ask 10.0.0.1 db.example.com
    connect "$server_ip" 5432
    end_captures
}

story bound-to-localhost "The service listens on 127.0.0.1 only: local clients get in, remote ones are refused."
story_bound_to_localhost() {
    lab_row
    serve 127.0.0.1 5432
    capture bound-to-localhost.pcap "$server" any
    in_namespace "$server" "$python" "$lab/connect.py" --say hi 127.0.0.1 5432 >>"$scratch/results"
    connect "$server_ip" 5432
    end_captures
}

story reset-by-server-firewall "A rule at the server rejects with a RST; the traffic class of the SYN is not echoed."
story_reset_by_server_firewall() {
    lab_row
    serve "$server_ip" 22 5432
    firewall "$server" input "tcp dport 5432 reject with tcp reset"
    capture reset-by-server-firewall.pcap "$client" eth0
    connect --tos 0x48 --say hi "$server_ip" 22
    connect --tos 0x48 "$server_ip" 5432
    end_captures
}

story reset-by-server-firewall-ipv6 "The same over IPv6: the RST has flow label 0."
story_reset_by_server_firewall_ipv6() {
    lab_row
    serve "$server_ip6" 22 5432
    firewall "$server" input "tcp dport 5432 reject with tcp reset"
    capture reset-by-server-firewall-ipv6.pcap "$client" eth0
    connect --say hi "$server_ip6" 22
    connect "$server_ip6" 5432
    end_captures
}

story reset-by-router "A firewall in the middle resets in the server's name: TTL 64, where the server's is 63."
story_reset_by_router() {
    lab_row
    serve "$server_ip" 22 5432
    firewall "$router" forward "tcp dport 5432 reject with tcp reset"
    capture reset-by-router.pcap "$client" eth0
    connect --say hi "$server_ip" 22
    connect "$server_ip" 5432
    end_captures
}

# ---------------------------------------------------------- rejected by ICMP

story rejected-by-server "The server's firewall answers with ICMP port unreachable."
story_rejected_by_server() {
    lab_row
    serve "$server_ip" 22 5432
    firewall "$server" input "tcp dport 5432 reject"
    capture rejected-by-server.pcap "$client" eth0
    connect --say hi "$server_ip" 22
    connect --wait 5 "$server_ip" 5432
    end_captures
}

story rejected-by-server-ipv6 "ICMPv6 port unreachable, twice: it came so fast that the kernel tried again after 1 s."
story_rejected_by_server_ipv6() {
    lab_row
    serve "$server_ip6" 5432
    firewall "$server" input "tcp dport 5432 reject"
    capture rejected-by-server-ipv6.pcap "$client" eth0
    connect "$server_ip6" 5432
    end_captures
}

story prohibited-by-router "A router on the way answers with ICMP communication administratively prohibited."
story_prohibited_by_router() {
    lab_row
    serve "$server_ip" 5432
    firewall "$router" forward "tcp dport 5432 reject with icmpx admin-prohibited"
    capture prohibited-by-router.pcap "$client" eth0
    connect --wait 5 "$server_ip" 5432
    end_captures
}

story prohibited-by-router-ipv6 "The same over IPv6, where connect() says \"Permission denied\"."
story_prohibited_by_router_ipv6() {
    lab_row
    serve "$server_ip6" 5432
    firewall "$router" forward "tcp dport 5432 reject with icmpx admin-prohibited"
    capture prohibited-by-router-ipv6.pcap "$client" eth0
    connect --wait 5 "$server_ip6" 5432
    end_captures
}

story no-route-ipv6 "The router has no IPv6 route to the server's network."
story_no_route_ipv6() {
    lab_row
    capture no-route-ipv6.pcap "$client" eth0
    connect --wait 5 2001:db8:0:2::20 5432
    end_captures
}

story host-down-behind-router "The server is down: after 3 s of unanswered ARP its router rejects all SYNs in one burst."
story_host_down_behind_router() {
    lab_row
    capture host-down-behind-router.pcap "$client" eth0
    connect 10.0.1.99 5432
    end_captures
}

story routing-loop "Two routers send the SYN to each other until its TTL is used up; captured between them."
story_routing_loop() {
    lab_row
    forward_packets "$server"
    ip -n "$router" route add 203.0.113.0/24 via "$server_ip"
    ip -n "$server" route add 203.0.113.0/24 via 10.0.1.1
    capture routing-loop.pcap "$router" eth1
    connect --wait 5 203.0.113.5 443
    end_captures
}

story icmp-rate-limit "Twenty connects at once to a rejected port: some are told so, the others hear nothing."
story_icmp_rate_limit() {
    lab_row
    serve "$server_ip" 5432
    firewall "$server" input "tcp dport 5432 reject"
    capture icmp-rate-limit.pcap "$client" eth0
    connect --count 20 --together --wait 3.5 "$server_ip" 5432
    tick
    end_captures
}

# -------------------------------------------------------------------- silence

story dropped-by-server "The server's firewall drops the SYN without a word; the host answers otherwise."
story_dropped_by_server() {
    lab_row
    serve "$server_ip" 22 5432
    firewall "$server" input "tcp dport 5432 drop"
    capture dropped-by-server.pcap "$client" eth0
    connect --say hi "$server_ip" 22
    connect --syn-retries 2 "$server_ip" 5432
    tick
    end_captures
}

story host-down-on-link "The server is down on the client's own link: ARP requests, and not one SYN."
story_host_down_on_link() {
    lab_link
    serve "$server_ip" 5432
    capture host-down-on-link.pcap "$client" eth0
    connect --say hi "$server_ip" 5432
    connect 10.0.0.21 5432
    tick
    end_captures
}

story syn-ack-lost "The answer is lost on the way back; captured at the client and at the server."
story_syn_ack_lost() {
    lab_row
    serve "$server_ip" 5432
    firewall "$router" forward "tcp sport 5432 drop"
    capture syn-ack-lost-client.pcap "$client" eth0
    capture syn-ack-lost-server.pcap "$server" eth0
    connect --wait 3.5 "$server_ip" 5432
    tick
    end_captures
}

story two-ends "A firewall between translates, drops one port, rejects another and loses the answers of a third; seen from both ends."
story_two_ends() {
    lab_row
    rules "$router" <<END
table ip between {
    chain translate {
        type nat hook postrouting priority 100
        oif eth1 masquerade
    }
    chain pass {
        type filter hook forward priority 0
        tcp dport 5432 drop
        tcp dport 8443 reject with tcp reset
        tcp sport 7000 drop
    }
}
END
    serve "$server_ip" 22 7000
    capture two-ends-client.pcap "$client" eth0
    capture two-ends-server.pcap "$server" eth0
    connect --say hi --count 3 --every 0.1 "$server_ip" 22
    connect --wait 3.5 "$server_ip" 5432
    connect "$server_ip" 8443
    connect "$server_ip" 9000
    connect --wait 3.5 "$server_ip" 7000
    connect --say hi "$server_ip" 22
    stop_captures
    # The server keeps local time, and somebody wrote it as UTC.
    mv "$scratch/two-ends-server.pcap" "$scratch/true-time.pcap"
    editcap -F pcap -t 3600.25 "$scratch/true-time.pcap" "$scratch/two-ends-server.pcap"
    put_in_place two-ends-client.pcap
    put_in_place two-ends-server.pcap
    files=()
}

story accept-queue-full "The application does not accept: the queue is full, and the kernel drops further SYNs."
story_accept_queue_full() {
    lab_row
    serve --backlog 0 --then ignore "$server_ip" 5432
    capture accept-queue-full.pcap "$client" eth0
    connect --hold 30 "$server_ip" 5432 &
    sleep 0.5
    connect --count 2 --together --wait 3.5 "$server_ip" 5432
    tick
    end_captures
}

story md5-signature "The client signs its SYN (TCP-MD5), the server knows of no key: it drops the SYN itself."
story_md5_signature() {
    lab_row
    serve "$server_ip" 179
    capture md5-signature.pcap "$server" eth0
    connect --say hi "$server_ip" 179
    connect --md5 secret --wait 3.5 "$server_ip" 179
    tick
    end_captures
}

story stale-connection "The server still has a connection of these ports; a firewall eats the RST that would clear it."
story_stale_connection() {
    lab_row
    serve --then hold "$server_ip" 5432
    firewall "$router" forward "iif eth0 tcp flags rst drop"
    connect --source-port 40000 --abort "$server_ip" 5432
    capture stale-connection.pcap "$client" eth0
    connect --source-port 40000 --wait 3.5 "$server_ip" 5432
    tick
    end_captures
}

story answer-from-another-address "A port forward within one segment: the server answers directly, with its own address."
story_answer_from_another_address() {
    lab_link
    serve "$server_ip" 443
    rules "$router" <<END
table ip nat {
    chain prerouting {
        type nat hook prerouting priority -100
        ip daddr 10.0.0.1 tcp dport 443 dnat to $server_ip
    }
}
END
    capture answer-from-another-address.pcap "$client" eth0
    connect --wait 3.5 10.0.0.1 443
    tick
    end_captures
}

story ended-too-early "The capture ends 1 s after an unanswered SYN: too early to say."
story_ended_too_early() {
    lab_row
    firewall "$router" forward "tcp dport 5432 drop"
    capture ended-too-early.pcap "$client" eth0
    connect --wait 1.3 "$server_ip" 5432
    end_captures
}

# ------------------------------------------------ half-open, aborted, scanned

story half-open "The client's ACK is lost on the way: it is connected, the server still waits."
story_half_open() {
    lab_row
    serve "$server_ip" 5432
    firewall "$router" forward "iif eth0 tcp flags ack / syn,ack,fin,rst drop"
    capture half-open.pcap "$server" eth0
    connect --hold 30 "$server_ip" 5432 &
    sleep 3.7
    tick
    end_captures
}

story half-open-strangers "SYNs from addresses that stay silent: the server goes on repeating its SYN-ACKs."
story_half_open_strangers() {
    lab_row
    serve "$server_ip" 443
    ip -n "$router" route add blackhole 203.0.113.0/24
    capture half-open-strangers.pcap "$server" eth0
    in_namespace "$client" "$python" "$lab/strangers.py" --count 12 203.0.113.10 "$server_ip" 443
    sleep 6
    connect --say hi "$server_ip" 443
    end_captures
}

story port-scan "nmap -sS over 40 ports, three of them open."
story_port_scan() {
    lab_row
    serve "$server_ip" 22 80 5432
    capture port-scan.pcap "$client" eth0
    in_namespace "$client" nmap -sS -n -Pn --max-retries 1 -p 1-37,80,443,5432 "$server_ip" >"$scratch/nmap.log"
    end_captures
}

story late-syn-ack "The way takes longer than the client waits; its kernel resets the answer that comes late."
story_late_syn_ack() {
    lab_tunnel 0.8
    serve 10.8.0.1 5432
    capture late-syn-ack.pcap "$client" tun0
    connect --wait 1 10.8.0.1 5432
    sleep 2.5
    end_captures
}

# ---------------------------------------------------- reset after the SYN-ACK

story accept-then-reset "The application accepts and resets at once, before it sends a byte."
story_accept_then_reset() {
    lab_row
    serve --then reset "$server_ip" 5432
    capture accept-then-reset.pcap "$client" eth0
    connect --wait 5 --read "$server_ip" 5432
    end_captures
}

story accept-queue-reset "Full when the ACK arrives, and tcp_abort_on_overflow is set: a bare RST after the ACK."
story_accept_queue_reset() {
    lab_tunnel 0.02
    set_kernel "$server" ipv4/tcp_abort_on_overflow 1
    set_kernel "$server" ipv4/tcp_syncookies 0
    serve --backlog 2 --then ignore 10.8.0.1 5432
    capture accept-queue-reset.pcap "$server" tun0
    connect --count 2 --hold 30 10.8.0.1 5432 &
    sleep 1
    connect --count 2 --together --wait 2 --read 10.8.0.1 5432
    end_captures
}

story syn-proxy "A SYN proxy shakes hands for the server: well with an open port, and then a reset with a closed one."
story_syn_proxy() {
    lab_row
    serve "$server_ip" 443
    rules "$router" <<END
table ip filter {
    chain prerouting {
        type filter hook prerouting priority raw
        iif eth0 tcp dport { 443, 8443 } tcp flags syn notrack
    }
    chain forward {
        type filter hook forward priority 0
        tcp dport { 443, 8443 } ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
        ct state invalid drop
    }
}
END
    set_kernel "$router" netfilter/nf_conntrack_tcp_loose 0
    capture syn-proxy.pcap "$client" eth0
    connect --wait 5 --say hi "$server_ip" 443
    connect --wait 5 --read "$server_ip" 8443
    end_captures
}

story accept-queue-late "The same without tcp_abort_on_overflow: the server ignores the ACK and repeats its SYN-ACK."
story_accept_queue_late() {
    lab_tunnel 0.02
    set_kernel "$server" ipv4/tcp_syncookies 0
    serve --backlog 2 --then ignore 10.8.0.1 5432
    capture accept-queue-late.pcap "$server" tun0
    connect --count 2 --hold 30 10.8.0.1 5432 &
    sleep 1
    connect --count 2 --together --wait 4 --say hi --read 10.8.0.1 5432
    end_captures
}

story reset-by-router-on-data "A filter lets the handshake pass and resets the connection on the first data."
story_reset_by_router_on_data() {
    lab_row
    serve --then hold "$server_ip" 5432
    firewall "$router" forward "iif eth0 tcp dport 5432 meta length > 64 reject with tcp reset"
    capture reset-by-router-on-data.pcap "$client" eth0
    connect --wait 5 --say "SELECT forbidden FROM everything;" --read "$server_ip" 5432
    end_captures
}

# ---------------------------------------------------------------- many at once

story service-restart "A service restarts among its clients: accepted, then refused for 2 s, then accepted again."
story_service_restart() {
    lab_row
    ip -n "$client" address add 10.0.0.8/24 dev eth0
    ip -n "$client" address add 10.0.0.9/24 dev eth0
    serve "$server_ip" 5432
    capture service-restart.pcap "$client" eth0
    connect --source 10.0.0.7 --source 10.0.0.8 --source 10.0.0.9 --say hi --count 60 --every 0.1 "$server_ip" 5432 &
    local clients=$!
    sleep 2
    kill "$started"
    sleep 2
    serve "$server_ip" 5432
    wait "$clients"
    end_captures
}

story needle "One client of 181 has the wrong port."
story_needle() {
    lab_row
    ip -n "$client" address add 10.0.0.8/24 dev eth0
    ip -n "$client" address add 10.0.0.9/24 dev eth0
    serve --then hold "$server_ip" 5432
    capture needle.pcap "$client" eth0
    connect --source 10.0.0.7 --source 10.0.0.8 --count 120 --every 0.01 --hold 30 "$server_ip" 5432 &
    sleep 0.6
    connect --source 10.0.0.9 "$server_ip" 5433
    connect --source 10.0.0.9 --count 60 --every 0.01 --hold 30 "$server_ip" 5432 &
    sleep 2
    end_captures
}

# ------------------------------------------------------- successful after all

story fallback-to-ipv4 "IPv6 is dropped on the way; the client turns to IPv4 after 0.3 s."
story_fallback_to_ipv4() {
    lab_row
    serve "$server_ip" 443
    firewall "$router" forward "meta nfproto ipv6 tcp dport 443 drop"
    capture fallback-to-ipv4.pcap "$client" eth0
    connect --wait 0.25 "$server_ip6" 443
    connect --say hi "$server_ip" 443
    sleep 3.2
    tick
    end_captures
}

story fast-open "TCP Fast Open: a cookie is asked for, then used with data in the SYN, then meets a closed port."
story_fast_open() {
    lab_row
    set_kernel "$client" ipv4/tcp_fastopen 3
    set_kernel "$server" ipv4/tcp_fastopen 3
    serve --fast-open "$server_ip" 80
    capture fast-open.pcap "$client" eth0
    connect --fast-open "first" "$server_ip" 80
    connect --fast-open "second" "$server_ip" 80
    connect --fast-open "third" "$server_ip" 81
    end_captures
}

story ecn-dropped "A middlebox drops SYNs that offer ECN; the repeated SYN without it gets through."
story_ecn_dropped() {
    lab_row
    set_kernel "$client" ipv4/tcp_ecn 1
    serve "$server_ip" 443
    firewall "$router" forward "tcp flags syn,ecn,cwr / syn,ecn,cwr drop"
    capture ecn-dropped.pcap "$client" eth0
    connect --say hi "$server_ip" 443
    end_captures
}

# ----------------------------------------------------- what a capture can hide

story one-direction "Only the client's packets were captured: two connects went on, one came to nothing."
story_one_direction() {
    lab_row
    serve "$server_ip" 5432
    capture one-direction.pcap "$client" eth0 "dst host $server_ip"
    connect --say hi "$server_ip" 5432
    connect "$server_ip" 5433
    sleep 3.2
    connect --say hi "$server_ip" 5432
    end_captures
}

story flags-filter "A capture of SYN, FIN and RST only, in which one connection stays open."
story_flags_filter() {
    lab_row
    serve "$server_ip" 5432
    capture flags-filter.pcap "$client" eth0 "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0"
    connect --say hi "$server_ip" 5432
    connect --hold 30 "$server_ip" 5432 &
    sleep 3.5
    connect "$server_ip" 5433
    end_captures
}

story own-firewall "The client's own firewall resets: the RST is seen on the loopback, its SYN nowhere."
story_own_firewall() {
    lab_row
    serve "$server_ip" 22
    firewall "$client" output "tcp dport 5432 reject with tcp reset"
    capture own-firewall.pcap "$client" any
    connect --say hi "$server_ip" 22
    connect "$server_ip" 5432
    end_captures
}

# ------------------------------------------------------ link types and tunnels

story router-any "All interfaces of a router: every packet is there twice, in both cooked formats."
story_router_any() {
    lab_row
    serve "$server_ip" 22 5432
    firewall "$server" input "tcp dport 5432 drop"
    capture router-any-sll2.pcap "$router" any
    capture router-any-sll.pcap "$router" any -y LINUX_SLL
    connect --say hi "$server_ip" 22
    connect "$server_ip" 23
    connect --wait 3.5 "$server_ip" 5432
    tick
    end_captures
}

story bridge-any "All interfaces of a bridge: every packet is there three times, with the same TTL."
story_bridge_any() {
    lab_link
    serve "$server_ip" 22
    ip -n "$router" link set br0 promisc on
    capture bridge-any.pcap "$router" any
    connect --say hi "$server_ip" 22
    connect "$server_ip" 5432
    end_captures
}

story loopback "On the loopback: one connect is accepted, one refused, one refused over IPv6."
story_loopback() {
    lab_row
    client=$server
    serve 127.0.0.1 8080
    capture loopback.pcap "$server" lo
    connect --say hi 127.0.0.1 8080
    connect 127.0.0.1 8081
    connect ::1 8080
    end_captures
}

# Client and server, joined by a pair of tun devices: lab_tunnel DELAY
lab_tunnel() {
    lab_namespaces
    join_by_tunnel "$1"
}

join_by_tunnel() {
    start "$client" tunnel.py --delay "$1" "$client" "$server"
    ip -n "$client" address add 10.8.0.2/24 dev tun0
    ip -n "$server" address add 10.8.0.1/24 dev tun0
    ip -n "$client" link set tun0 up
    ip -n "$server" link set tun0 up
}

story raw-ip "In a tunnel, bare IP packets without a link layer: accepted, refused, dropped."
story_raw_ip() {
    lab_tunnel 0.01
    serve 10.8.0.1 22 5432
    firewall "$server" input "tcp dport 5432 drop"
    capture raw-ip.pcap "$client" tun0
    connect --say hi 10.8.0.1 22
    connect 10.8.0.1 23
    connect --wait 3.5 10.8.0.1 5432
    tick 10.8.0.1
    end_captures
}

story two-link-types "One pcapng with an Ethernet and a tunnel interface."
story_two_link_types() {
    lab_row
    join_by_tunnel 0.01
    serve "$server_ip" 5432
    capture_pcapng two-link-types.pcapng "$client" eth0 tun0
    connect --say hi "$server_ip" 5432
    connect 10.8.0.1 5432
    connect "$server_ip6" 5432
    end_captures
}

# The client and the server in one VLAN, on two switches: lab_trunk TAGS
lab_trunk() {
    lab_namespaces
    ip -batch - <<END
link add eth0 netns $client address 02:00:0a:00:0c:07 type veth peer name left netns $router
link add eth0 netns $server address 02:00:0a:00:0c:20 type veth peer name right netns $router
link add trunk0 netns $router mtu 1600 type veth peer name trunk1 netns $router mtu 1600
END
    local interface
    for interface in left right trunk0 trunk1; do
        ip -n "$router" link set "$interface" up
    done
    no_offload "$client" eth0
    no_offload "$server" eth0
    server_ip=10.0.12.20
    lab_host "$client" 10.0.12.7/24 10.0.12.1
    lab_host "$server" "$server_ip/24" 10.0.12.1
    wait_for_links
    start "$router" trunk.py "$1"
}

story vlan "Between two switches: the frames carry an 802.1Q tag."
story_vlan() {
    lab_trunk 12
    serve "$server_ip" 22
    capture vlan.pcap "$router" trunk0
    connect --say hi "$server_ip" 22
    connect "$server_ip" 5432
    end_captures
}

story qinq "Between two switches of a provider: the frames carry two tags."
story_qinq() {
    lab_trunk 100.12
    serve "$server_ip" 22
    capture qinq.pcap "$router" trunk0
    connect --say hi "$server_ip" 22
    connect "$server_ip" 5432
    end_captures
}

story vxlan "Inside a VXLAN tunnel, captured on the router between its ends."
story_vxlan() {
    lab_row
    ip -n "$client" link add vxlan0 type vxlan id 77 local "$client_ip" remote "$server_ip" dstport 4789
    ip -n "$server" link add vxlan0 type vxlan id 77 local "$server_ip" remote "$client_ip" dstport 4789
    ip -n "$client" address add 10.77.0.7/24 dev vxlan0
    ip -n "$server" address add 10.77.0.20/24 dev vxlan0
    ip -n "$client" link set vxlan0 up
    ip -n "$server" link set vxlan0 up
    wait_for_links
    serve 10.77.0.20 22
    capture vxlan.pcap "$router" eth0
    connect --say hi 10.77.0.20 22
    connect 10.77.0.20 5432
    end_captures
}

# ------------------------------------------------------ filters' own logs

# Rules of the server that log to user space: one lets in, one drops. The prefix is an administrator's word.
logging_rules() {
    rules "$server" <<END
table inet filter {
    chain input {
        type filter hook input priority 0
        tcp dport 22 ct state new log group 6 prefix "$1"
        tcp dport 5432 log group 6 prefix "$2" drop
    }
}
END
}

# capture_log FILE: what rules of the server log. Several records come at once, for which libpcap has no more room than
# for one packet of the length that is asked for.
capture_log() {
    capture "$1" "$server" nflog:6 -s 262144
}

# One connect that a rule lets in, and one that a rule drops. The kernel hands out what was logged once a second.
logged_connects() {
    connect --say hi "$server_ip" 22
    connect --wait 3.5 "$server_ip" 5432
    sleep 1.2
}

story nflog "Rules of nftables that log to user space (NFLOG): the log alone, at the server."
story_nflog() {
    lab_row
    serve "$server_ip" 22 5432
    logging_rules "IN-NEW " "IN-DROP "
    capture_log nflog.pcap
    logged_connects
    end_captures
}

story nflog-and-wire "The same log and the server's interface in one file."
story_nflog_and_wire() {
    lab_row
    serve "$server_ip" 22 5432
    logging_rules "IN-NEW " "IN-DROP "
    capture wire.pcap "$server" eth0
    capture_log log.pcap
    logged_connects
    tick
    stop_captures
    mergecap -w "$scratch/nflog-and-wire.pcapng" "$scratch/wire.pcap" "$scratch/log.pcap"
    put_in_place nflog-and-wire.pcapng
}

story pflog "The log of pf, as FreeBSD 14 writes it: a rule passes, a rule blocks."
story_pflog() {
    lab_row
    serve "$server_ip" 22 5432
    logging_rules "7:pass" "12:block"
    capture_log log.pcap
    logged_connects
    stop_captures
    "$python" "$lab/pflog.py" "$scratch/log.pcap" "$scratch/pflog.pcap"
    put_in_place pflog.pcap
}

story snoop "A closed port, in the format of Solaris and of Check Point's fw monitor (snoop)."
story_snoop() {
    lab_row
    serve "$server_ip" 22
    capture wire.pcap "$client" eth0
    connect --say hi "$server_ip" 22
    connect "$server_ip" 5432
    stop_captures
    editcap -F snoop "$scratch/wire.pcap" "$scratch/closed-port.snoop"
    put_in_place closed-port.snoop
}
