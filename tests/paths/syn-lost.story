# A firewall takes the SYNs to one port, and lets those to another pass.
places client fw-in fw-out server
C = 10.0.0.7:51234
S = 10.0.1.20:5432
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
0.3 client fw-in fw-out server | other
1.0 client fw-in | C > S SYN seq=1000 ts=100 mss=1460 id=1
2.0 client fw-in | C > S SYN seq=1000 ts=1100 mss=1460 id=2
4.0 client fw-in | C > S SYN seq=1000 ts=3100 mss=1460 id=3
8.0 client fw-in | C > S SYN seq=1000 ts=7100 mss=1460 id=4
expect C > S dropped
verdict syn_lost syn fw-in fw-out 4 certain
findings filter_between
says client ──1──▶ fw-in ──0──▶ fw-out ──0──▶ server connects to 10.0.1.20:5432
says every SYN to 10.0.1.20:5432 ends between fw-in and fw-out
says next, on what stands between fw-in and fw-out
