# The SYN goes over a firewall, the SYN-ACK comes back another way. The firewall knows no connection then, and drops ACK and data of the
# client: no chance, and no lossy link.
places client gateway server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.2.20:443 0 20 0.7
1.0 client gateway server | C > S SYN seq=1000 ts=100 id=1
1.002 server client | S > C SYN,ACK seq=500 ack=1001 ts=9/100 id=0
1.004 client gateway | C > S ACK seq=1001 ack=501 ts=104/9 id=2
1.2 client gateway | C > S PSH,ACK seq=1001 ack=501 len=5 ts=300/9 id=3
1.4 client gateway | C > S PSH,ACK seq=1001 ack=501 len=5 ts=500/9 id=4
1.8 client gateway | C > S PSH,ACK seq=1001 ack=501 len=5 ts=900/9 id=5
2.002 server client | S > C SYN,ACK seq=500 ack=1001 ts=1009/100 id=0
2.6 client gateway | C > S PSH,ACK seq=1001 ack=501 len=5 ts=1700/9 id=6
4.002 server client | S > C SYN,ACK seq=500 ack=1001 ts=3009/100 id=0
4.2 client gateway | C > S PSH,ACK seq=1001 ack=501 len=5 ts=3300/9 id=7
7.4 client gateway | C > S PSH,ACK seq=1001 ack=501 len=5 ts=6500/9 id=8
expect C > S established
verdict ack_lost ack gateway server 1 certain
verdict ack_lost data gateway server 5 certain
findings filter_between
says SYNs pass between gateway and server, and what the client sends after them ends there
