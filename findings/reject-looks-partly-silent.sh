#!/bin/bash
# Linux limits the ICMP errors that a rule "reject" sends: for each destination about one a second, after a
# burst of six (net.ipv4.icmp_ratelimit, default 1000 ms). The limit is meant for errors of routing, and
# holds for a packet filter's rejections as well. So one rule (a ban of fail2ban, a default of ufw or
# firewalld) looks as two faults: some connects are refused at once, others time out. A rejection by RST is
# not limited.
source "$(dirname "$0")/namespaces.bash"
needs nft

connects=30

# Connects one after the other, without waiting for answers; how many were refused within half a second.
cat >"$work/connect.py" <<'PYTHON'
import errno, select, socket, sys, time

sockets = []
for _ in range(int(sys.argv[1])):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(("10.99.0.2", 8080))
    sockets.append(one)
time.sleep(0.5)
codes = [one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) for one in sockets]
print(sum(code == errno.ECONNREFUSED for code in codes))
PYTHON

refused_by() {
  on_server nft flush ruleset
  on_server nft add table inet filter
  on_server nft add chain inet filter input '{ type filter hook input priority 0; }'
  on_server nft add rule inet filter input tcp dport 8080 reject $1
  on_client python3 "$work/connect.py" "$connects"
}

limit=$(on_server sysctl -n net.ipv4.icmp_ratelimit)
by_icmp=$(refused_by "with icmp type port-unreachable")
by_reset=$(refused_by "with tcp reset")

system
nft --version
echo "net.ipv4.icmp_ratelimit = $limit"
echo "of $connects connects, refused within 0.5 s: $by_icmp by ICMP, $by_reset by RST"
[ "$by_reset" = "$connects" ] || changed "not all connects were refused by RST"
[ "$by_icmp" -ge 1 ] && [ "$by_icmp" -lt $((connects / 2)) ] ||
  changed "rejections by ICMP are no longer limited as described"
