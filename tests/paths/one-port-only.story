# The twin of syn-lost: behind the firewall only one port was captured, as a filter does; nothing is said of another.
places client fw-in fw-out server
C = 10.0.0.7:51234
S = 10.0.1.20:5432
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
1.0 client fw-in | C > S SYN seq=1000 ts=100 mss=1460 id=1
2.0 client fw-in | C > S SYN seq=1000 ts=1100 mss=1460 id=2
4.0 client fw-in | C > S SYN seq=1000 ts=3100 mss=1460 id=3
8.0 client fw-in | C > S SYN seq=1000 ts=7100 mss=1460 id=4
expect C > S dropped
verdict not_covered syn fw-in fw-out 4 certain port_not_seen
findings
says fw-out tells nothing: it shows another port only
