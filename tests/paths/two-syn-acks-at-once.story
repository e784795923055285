# The server's timer and the repeated SYN each draw a SYN-ACK, microseconds apart, and nothing tells them apart. The client's capture
# takes them for one packet that was captured twice: that is no loss, and nobody made the other one.
places client fw server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
1.0 client fw server | C > S SYN seq=1000 ts=100 id=1
1.0002 server fw | S > C SYN,ACK seq=500 ack=1001 ts=9/100 id=0
2.0 client fw server | C > S SYN seq=1000 ts=1100 id=2
2.00205 server fw client | S > C SYN,ACK seq=500 ack=1001 ts=1010/1100 id=0
2.00225 server fw client | S > C SYN,ACK seq=500 ack=1001 ts=1010/1100 id=0
2.1 client fw server | C > S ACK seq=1001 ack=501 ts=1300/1010 id=3
2.2 client fw server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=1400/1010 id=4
2.3 server fw client | S > C PSH,ACK seq=501 ack=1006 len=5 ts=1309/1400
2.4 client fw server | C > S ACK seq=1006 ack=506 ts=1600/1309 id=5
expect C > S established
verdict answer_lost syn_ack fw client 1 possible
findings lossy_stretch
