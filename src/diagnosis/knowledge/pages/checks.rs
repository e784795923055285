//! What to look at, on which machine: shared by the pages.

use crate::diagnosis::knowledge::Check;

pub(super) const LISTENERS: Check = Check {
    on: "SERVER",
    run: Some("ss -ltnp 'sport = :PORT'"),
    tells: "no line: nothing listens; 127.0.0.1:PORT or [::1]:PORT: only the host itself gets in; \
     another address than the clients use: bound to the wrong one; 0.0.0.0:PORT, *:PORT or \
     [::]:PORT: it listens for all, look for a reject rule or another host behind the address",
};

pub(super) const SERVICE_STATE: Check = Check {
    on: "SERVER",
    run: Some("systemctl status SERVICE; journalctl -u SERVICE --since -1h"),
    tells: "whether the service runs, since when, and why it ended or was started again",
};

pub(super) const CONTAINER_PORTS: Check = Check {
    on: "the container host",
    run: Some("docker ps --format '{{.Names}} {{.Ports}}'; docker port CONTAINER"),
    tells: "whether the port is published at all, on which address, and to which port inside",
};

pub(super) const CONTAINER_LISTENERS: Check = Check {
    on: "the container host",
    run: Some("nsenter -t \"$(docker inspect -f '{{.State.Pid}}' CONTAINER)\" -n ss -ltn"),
    tells: "what listens inside the container: a service bound to 127.0.0.1 there cannot be \
     reached from outside; it has to bind 0.0.0.0 or [::]",
};

pub(super) const ENDPOINT_SLICES: Check = Check {
    on: "a host with kubectl",
    run: Some("kubectl get endpointslices -l kubernetes.io/service-name=SERVICE"),
    tells: "no ready endpoint: selector, readiness probe or port name do not fit; the port must \
     be the one the pod listens on",
};

pub(super) const TRAFFIC_POLICY: Check = Check {
    on: "a host with kubectl",
    run: Some("kubectl get svc SERVICE -o yaml | grep -i trafficPolicy"),
    tells: "Local means that only pods on the receiving node answer: without one there the \
     connect gets nothing at all",
};

pub(super) const NETWORK_POLICY: Check = Check {
    on: "a host with kubectl",
    run: Some("kubectl get networkpolicy -A"),
    tells: "a policy that selects the client (egress) or the server (ingress) and does not name \
     the other",
};

pub(super) const FIREWALLD: Check = Check {
    on: "SERVER",
    run: Some("firewall-cmd --list-all"),
    tells: "whether the port or service is in the zone of that interface; if not, firewalld \
     rejects it",
};

pub(super) const CAPTURE_ALL_ICMP: Check = Check {
    on: "CLIENT",
    run: Some("tcpdump -ni any -w client.pcap 'tcp port PORT or icmp or icmp6 or arp'"),
    tells: "a filter of only \"tcp port PORT\" hides the ICMP errors and ARP that explain silence",
};

pub(super) const PROBE: Check = Check {
    on: "CLIENT",
    run: Some("nc -vz -w 5 SERVER PORT"),
    tells: "one attempt, free of what the application does with it",
};

pub(super) const PROBE_DSCP: Check = Check {
    on: "CLIENT",
    run: Some("nping --tcp -p PORT --tos 0x48 -c 1 SERVER"),
    tells: "a RST that carries the same traffic class is the Linux host's own; one with 0 is a \
     packet filter's",
};

pub(super) const TRACE_TCP: Check = Check {
    on: "CLIENT",
    run: Some("traceroute -T -p PORT SERVER"),
    tells: "at which hop the answer is made, or after which hop nothing answers",
};

pub(super) const PROBE_NOW: Check = Check {
    on: "CLIENT",
    run: Some("tcpwhy probe SERVER:PORT"),
    tells: "every address of the name; a RST, or which ICMP error and whose; a rule, route or \
            limit of this host itself; what accepts and hangs up",
};

pub(super) const PROBE_PATH: Check = Check {
    on: "CLIENT",
    run: Some("tcpwhy probe SERVER:PORT --trace"),
    tells: "which hop the SYN passes last, and whether the host answers on another port",
};

pub(super) const PROBE_AT_SERVER: Check = Check {
    on: "SERVER",
    run: Some("tcpwhy probe SERVER:PORT"),
    tells: "by its own tables: whether anybody listens, on which address only, and whether the \
            queue is full; listening and yet refused or silent is a rule",
};

pub(super) const PROBE_FIRST_BYTE: Check = Check {
    on: "CLIENT",
    run: Some("tcpwhy probe SERVER:PORT --first-byte 2s"),
    tells: "whether what accepts closes or resets at once, says something, or waits for the client",
};

pub(super) const PROBE_UNTIL: Check = Check {
    on: "CLIENT",
    run: Some("tcpwhy probe SERVER:PORT --wait 60s"),
    tells: "whether it accepts by now, and when: each change is a line",
};

pub(super) const ROUTE_TO_SERVER: Check = Check {
    on: "CLIENT",
    run: Some("ip route get SERVER"),
    tells: "which route and source address are used, and whether there is one at all",
};

pub(super) const NEXT_HOP: Check = Check {
    on: "CLIENT",
    run: Some("ip route get SERVER; ip neigh; ip route show default"),
    tells: "which router has that MAC address, and whether several ways are used by turns",
};

pub(super) const ROUTE_TO_CLIENT: Check = Check {
    on: "SERVER",
    run: Some("ip route get CLIENT"),
    tells: "whether answers have a route, and leave by the interface the SYN came in on",
};

pub(super) const ROUTE_FROM_HERE: Check = Check {
    on: "the capturing host",
    run: Some("ip route get SERVER; nft list ruleset | grep -e drop -e reject"),
    tells: "blackhole, unreachable or no route: its routes end it there; otherwise a rule of its own",
};

pub(super) const ROUTE_OF_SENDER: Check = Check {
    on: "ROUTER",
    run: Some("ip route get SERVER; ip neigh show to SERVER"),
    tells: "unreachable, prohibit or no route: its own routes say no; FAILED or INCOMPLETE: nobody \
     answers for that address on the link behind it",
};

pub(super) const OWN_PREFIXES: Check = Check {
    on: "SERVER",
    run: Some("ip -br address; ip route get CLIENT"),
    tells: "an address whose prefix length takes CLIENT in, or a route to it without \"via\": that \
     netmask or route is wrong, and answers go to nobody",
};

pub(super) const NEIGHBOUR: Check = Check {
    on: "SERVER's gateway",
    run: Some("ip neigh show to SERVER"),
    tells: "FAILED or INCOMPLETE: nobody answers to that address on the link",
};

pub(super) const HOST_POWER: Check = Check {
    on: "hypervisor or cloud console",
    run: None,
    tells: "whether the machine runs, and whether its network interface is attached to that \
     network",
};

pub(super) const SECURITY_GROUP: Check = Check {
    on: "cloud console",
    run: None,
    tells: "inbound rules of the server's security group; network ACLs in both directions: these \
     keep no state, the answer needs ports 1024 to 65535 open",
};

pub(super) const SILENT_COUNTERS: Check = Check {
    on: "SERVER",
    run: Some("nstat -az | grep -e ListenOverflows -e ReversePath -e OutNoRoutes"),
    tells: "which grows with each SYN: ListenOverflows accept queue full, IPReversePathFilter \
     wrong interface, IpOutNoRoutes no route back",
};

pub(super) const ACCEPT_QUEUE: Check = Check {
    on: "SERVER",
    run: Some("ss -ltn 'sport = :PORT'"),
    tells: "of a listener, Recv-Q is what waits to be accepted and Send-Q the limit: Recv-Q at or \
     above Send-Q means full",
};

pub(super) const BACKLOG_LIMITS: Check = Check {
    on: "SERVER",
    run: Some("sysctl net.core.somaxconn net.ipv4.tcp_abort_on_overflow"),
    tells: "the limit is the smaller of listen()'s backlog and somaxconn; raise both, then \
     restart the service",
};

pub(super) const CONNTRACK: Check = Check {
    on: "firewall or NAT",
    run: Some(
        "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; dmesg | grep \
         'table full'",
    ),
    tells: "a full table drops new connections while old ones go on",
};

pub(super) const CONNTRACK_VIP: Check = Check {
    on: "NAT or load balancer",
    run: Some("conntrack -L -d SERVER | grep 'dport=PORT '"),
    tells: "to which backend address and port connects are really sent",
};

pub(super) const REVERSE_PATH: Check = Check {
    on: "SERVER",
    run: Some("sysctl net.ipv4.conf.all.rp_filter; nstat -az TcpExtIPReversePathFilter"),
    tells: "1 and a growing counter: the route back to the client points to another interface; \
     use 2, or mend the route",
};

pub(super) const BACKENDS: Check = Check {
    on: "load balancer",
    run: Some("curl -v --connect-timeout 5 --resolve NAME:PORT:BACKEND https://NAME:PORT/"),
    tells: "each backend by itself: one of them fails where the others answer",
};

pub(super) const SYN_RETRIES: Check = Check {
    on: "CLIENT",
    run: Some("sysctl net.ipv4.tcp_syn_retries net.ipv4.tcp_syn_linear_timeouts"),
    tells: "how long this system goes on before it says that the connect timed out",
};

pub(super) const LOCAL_PORTS: Check = Check {
    on: "CLIENT",
    run: Some("ss -s; ss -tan state time-wait | wc -l; sysctl net.ipv4.ip_local_port_range"),
    tells: "as many connections to one server as there are local ports: no further one can be \
     opened",
};

pub(super) const APPLICATION_LOG: Check = Check {
    on: "SERVER",
    run: Some("journalctl -u SERVICE --since -15min"),
    tells: "limits reached, an allow-list, or a crash at the time of the attempt",
};

pub(super) const MESH_CHECK: Check = Check {
    on: "a host with kubectl",
    run: Some("kubectl logs POD -c istio-proxy | grep PORT"),
    tells: "the sidecar's own connect and its error: response flags UF or UH mean that its \
     upstream failed",
};

pub(super) const RESOLVE: Check = Check {
    on: "CLIENT",
    run: Some("getent ahosts NAME"),
    tells: "the addresses, and their order, that applications on this host get",
};

pub(super) const PING: Check = Check {
    on: "CLIENT",
    run: Some("ping -c 3 SERVER"),
    tells: "an answer proves that the host is up and reached; silence proves nothing",
};

pub(super) const WIDER_CAPTURE: Check = Check {
    on: "the capturing host",
    run: Some("tcpdump -ni any -w wide.pcap 'tcp or icmp or icmp6 or arp'"),
    tells: "a capture that hides neither ICMP nor ARP; let it run longer than the application's \
     time-out",
};

pub(super) const LARGER_BUFFER: Check = Check {
    on: "the capturing host",
    run: Some("tcpdump -B 65536 -s 128 -ni IFACE -w capture.pcap"),
    tells: "a larger buffer and shorter packets: the summary should say 0 packets dropped by \
     kernel",
};

pub(super) const SMALLER_PART: Check = Check {
    on: "wherever the capture is",
    run: Some("tcpwhy read FILE --filter 'host SERVER'"),
    tells: "the packets of one server alone, of which nothing has to be left out",
};

pub(super) const APPLICATION_LOG_WINDOWS: Check = Check {
    on: "SERVER (Windows)",
    run: Some("Get-WinEvent -LogName Application -MaxEvents 50"),
    tells: "limits reached, an allow-list, or a crash at the time of the attempt",
};

pub(super) const NFT_RULES: Check = Check {
    on: "SERVER",
    run: Some("nft list ruleset | grep -n -e chain -e reject -e drop"),
    tells: "the rules that turn away, of IPv4 and IPv6 (iptables-nft's too); only those with \
     \"counter\" count: the one that grows with each attempt is it",
};

pub(super) const RULES_OF_ROUTER: Check = Check {
    on: "firewall or router on the way",
    run: Some("nft list ruleset | grep -n -e chain -e reject; conntrack -L -d SERVER"),
    tells: "the rule that rejects with a reset, if it is Linux; on an appliance, its log of denied \
     connects to that address and port",
};

pub(super) const IPTABLES_RULES: Check = Check {
    on: "SERVER",
    run: Some("iptables -vnL | grep -e Chain -e REJECT -e DROP"),
    tells: "for IPv4: the rule or policy whose counter grows by one with each attempt is the one",
};

pub(super) const IP6TABLES_RULES: Check = Check {
    on: "SERVER",
    run: Some("ip6tables -vnL | grep -e Chain -e REJECT -e DROP"),
    tells: "the same for IPv6, whose rules are others: what IPv4 lets in, IPv6 may not",
};

pub(super) const NFT_OUTPUT_RULES: Check = Check {
    on: "CLIENT",
    run: Some("nft list ruleset | grep -A20 'hook output'"),
    tells: "a rule on the client itself; look for security software and network policies of the \
     node as well",
};

pub(super) const IPTABLES_OUTPUT_RULES: Check = Check {
    on: "CLIENT",
    run: Some("iptables -vnL OUTPUT"),
    tells: "for IPv4: a rule on the client itself, and how often it was met",
};

pub(super) const IP6TABLES_OUTPUT_RULES: Check = Check {
    on: "CLIENT",
    run: Some("ip6tables -vnL OUTPUT"),
    tells: "the same for IPv6, whose rules are others",
};

pub(super) const OUTPUT_RULES_WINDOWS: Check = Check {
    on: "CLIENT (Windows)",
    run: Some("Get-NetFirewallRule -Enabled True -Direction Outbound -Action Block"),
    tells: "a rule on the client itself; other security software keeps its own list",
};

pub(super) const LISTENERS_WINDOWS: Check = Check {
    on: "SERVER (Windows)",
    run: Some("Get-NetTCPConnection -State Listen -LocalPort PORT; netstat -ano | findstr :PORT"),
    tells: "the addresses it listens on, and the process id; an error or no line: nothing \
     listens; 127.0.0.1 or ::1: only the host itself gets in",
};

pub(super) const CONNECTIONS_WINDOWS: Check = Check {
    on: "SERVER (Windows)",
    run: Some("Get-NetTCPConnection -LocalPort PORT | group State"),
    tells: "how many are Established, SynReceived, CloseWait: Windows shows no accept queue; \
     masses of CloseWait mean an application that does not keep up",
};

pub(super) const SERVICE_STATE_WINDOWS: Check = Check {
    on: "SERVER (Windows)",
    run: Some("Get-Service SERVICE; Get-WinEvent -LogName System -MaxEvents 50"),
    tells: "whether the service runs, and when it was stopped or started",
};

pub(super) const WINDOWS_FIREWALL: Check = Check {
    on: "SERVER (Windows)",
    run: Some(
        "Get-NetFirewallPortFilter | ? LocalPort -eq PORT | Get-NetFirewallRule; \
         Get-NetConnectionProfile; Get-NetFirewallProfile",
    ),
    tells: "an enabled Allow rule for the port, in the profile of the network; without one (or \
     one for Any or for the program) the firewall drops in silence, closed ports too",
};

pub(super) const ROUTE_TO_CLIENT_WINDOWS: Check = Check {
    on: "SERVER (Windows)",
    run: Some("Find-NetRoute -RemoteIPAddress CLIENT"),
    tells: "by which interface and next hop answers leave",
};

pub(super) const PROBE_WINDOWS: Check = Check {
    on: "CLIENT (Windows)",
    run: Some("Test-NetConnection SERVER -Port PORT"),
    tells: "TcpTestSucceeded: one attempt, free of what the application does with it; \
     PingSucceeded: the host answers although the port does not",
};

pub(super) const CAPTURE_AT_SERVER: Check = Check {
    on: "SERVER",
    run: Some("tcpdump -ni any -w server.pcap 'host CLIENT and (tcp port PORT or icmp or icmp6)'"),
    tells: "a SYN arrives and nothing leaves: this host (firewall, queue, route); an \
     answer leaves: it is lost on the way back; no SYN arrives: path, security group or the wrong \
     host. Behind NAT, leave out the client's address",
};

pub(super) const CAPTURE_OF_ANSWER: Check = Check {
    on: "SERVER",
    run: Some("tcpdump -ni any -w server.pcap 'host CLIENT and (tcp port PORT or icmp or icmp6)'"),
    tells: "SYN and answer (RST, ICMP) are there: this host turns it away; no SYN, or no \
     such answer: a firewall, load balancer or NAT before it answers in its name. Behind NAT, \
     leave out the client's address",
};

pub(super) const CAPTURE_AT_SERVER_WINDOWS: Check = Check {
    on: "SERVER (Windows)",
    run: Some(
        "pktmon filter remove; pktmon filter add -i CLIENT -t TCP -p PORT; pktmon start --capture; \
         Read-Host 'connect once, then press Enter'; pktmon stop; pktmon etl2txt PktMon.etl; \
         Select-String Drop PktMon.txt",
    ),
    tells: "the same on Windows: lines with \"Drop\" name who dropped the packet, and why; it \
     sees nothing of loopback; without pktmon (before 2020): netsh trace start capture=yes",
};

pub(super) const CAPTURE_AT_CLIENT: Check = Check {
    on: "CLIENT",
    run: Some("tcpdump -ni any -w client.pcap 'tcp port PORT or icmp or icmp6'"),
    tells: "no SYN leaves: it is the client itself; an answer arrives (SYN-ACK, RST, ICMP): \
     its sender decides; none arrives: lost or dropped on the way, which a capture at the other \
     side shows",
};

pub(super) const CAPTURE_AT_CLIENT_WINDOWS: Check = Check {
    on: "CLIENT (Windows)",
    run: Some(
        "pktmon filter remove; pktmon filter add -t TCP -p PORT; pktmon filter add -t ICMP; pktmon \
         start --capture; Read-Host 'connect once, then press Enter'; pktmon stop; pktmon etl2txt \
         PktMon.etl; Select-String Drop PktMon.txt",
    ),
    tells: "the same on Windows: lines with \"Drop\" name who dropped the packet, and why",
};
