# The twin: one SYN is lost, its repetition arrives. Nothing is a filter.
places client server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
1.0 client | C > S SYN seq=1000 ts=100 id=1
2.0 client server | C > S SYN seq=1000 ts=1100 id=2
2.1 server client | S > C SYN,ACK seq=500 ack=1001 ts=9/1100
2.2 client server | C > S ACK seq=1001 ack=501 ts=1300/9 id=3
2.3 client server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=1400/9 id=4
2.4 server client | S > C PSH,ACK seq=501 ack=1006 len=5 ts=309/1400
2.5 client server | C > S ACK seq=1006 ack=506 ts=1600/309 id=5
expect C > S established
verdict syn_lost syn client server 1 possible
findings lossy_stretch
