# A clamp changes MSS, and a firewall takes SACK and timestamps away; both are told, and blamed on nobody.
places client server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
1.0 client server | C > S SYN seq=1000 ts=100 id=1 mss=1460 server:mss=1360
1.1 server client | S > C SYN,ACK seq=500 ack=1001 ts=9/100
1.2 client server | C > S ACK seq=1001 ack=501 ts=300/9 id=2
1.3 client server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=400/9 id=3
1.4 server client | S > C PSH,ACK seq=501 ack=1006 len=5 ts=309/400
1.5 client server | C > S ACK seq=1006 ack=506 ts=600/309 id=4
expect C > S established
verdict altered syn client server 1 certain mss:1460:1360
findings altered_options
says MSS 1460 becomes 1360, in 1 of
