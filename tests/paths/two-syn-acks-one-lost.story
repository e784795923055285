# The server's timer and the repeated SYN each draw a SYN-ACK, and nothing tells them apart. The second is lost at once, and is sent just
# before the first arrives: what arrives is the one that was seen on its way, though the other is nearer by time.
places client fw server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
1.0 client fw server | C > S SYN seq=1000 ts=100 id=1
1.002 server | S > C SYN,ACK seq=500 ack=1001 ts=9/100 id=0
2.0 server fw client | S > C SYN,ACK seq=500 ack=1001 ts=1010/100 id=0
2.00008 client fw server | C > S SYN seq=1000 ts=1100 id=2
2.0011 server | S > C SYN,ACK seq=500 ack=1001 ts=1010/100 id=0
2.01 client fw server | C > S ACK seq=1001 ack=501 ts=1102/1010 id=3
2.2 client fw server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=1400/1010 id=4
2.3 server fw client | S > C PSH,ACK seq=501 ack=1006 len=5 ts=1309/1400
2.4 client fw server | C > S ACK seq=1006 ack=506 ts=1600/1309 id=5
expect C > S established
verdict answer_lost syn_ack server fw 2 certain
findings lossy_stretch
