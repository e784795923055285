# SYNs pass, and no SYN-ACK comes back through the firewall.
places client fw server
C = 10.0.0.7:51234
D = 10.0.0.7:51235
S = 10.0.1.20:5432
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
1.0 client fw server | C > S SYN seq=1000 ts=100 id=1
1.1 server | S > C SYN,ACK seq=500 ack=1001 ts=9/100
2.0 client fw server | C > S SYN seq=1000 ts=1100 id=2
2.1 server | S > C SYN,ACK seq=500 ack=1001 ts=1009/1100
4.0 client fw server | C > S SYN seq=1000 ts=3100 id=3
4.1 server | S > C SYN,ACK seq=500 ack=1001 ts=3009/3100
5.0 client fw server | D > S SYN seq=2000 ts=4100 id=11
5.1 server | S > D SYN,ACK seq=600 ack=2001 ts=4009/4100
6.0 client fw server | D > S SYN seq=2000 ts=5100 id=12
6.1 server | S > D SYN,ACK seq=600 ack=2001 ts=5009/5100
expect C > S dropped
verdict answer_lost syn_ack server fw 3 certain
expect D > S dropped
verdict answer_lost syn_ack server fw 2 certain
findings one_way_stretch
