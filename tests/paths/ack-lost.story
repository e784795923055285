# The firewall lets SYN and SYN-ACK pass, and drops what follows.
places client fw server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
1.0 client fw server | C > S SYN seq=1000 ts=100 id=1
1.1 server fw client | S > C SYN,ACK seq=500 ack=1001 ts=9/100
1.2 client fw | C > S ACK seq=1001 ack=501 ts=300/9 id=2
2.2 server fw client | S > C SYN,ACK seq=500 ack=1001 ts=1109/100
4.2 server fw client | S > C SYN,ACK seq=500 ack=1001 ts=3109/100
expect C > S established
verdict ack_lost ack fw server 1 certain
findings lossy_stretch
