# A router behind fw rejects: its ICMP error is never at the server.
places client fw server
C = 10.0.0.7:51234
S = 10.0.1.20:5432
R = 10.0.9.1:1
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
0.5 client fw server | other
1.0 client fw | C > S SYN seq=1000 ts=100 id=1
1.1 fw client | R > C ICMP 3/13 about C > S seq=1000
expect C > S rejected
verdict made_between icmp_error fw server 1 certain
findings answers_made_between
