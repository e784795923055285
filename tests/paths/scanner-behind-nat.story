# A scanner gives all its SYNs one number, no timestamp and no identification: behind NAT nothing tells them apart,
# and nothing is guessed.
places client server
A = 10.0.0.7:40001
B = 10.0.0.7:40002
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:443 0 10 0.7
1.0 client server | A > S SYN seq=5 id=0 server:from=198.51.100.1:7001
1.0 server client | S > A RST,ACK seq=0 ack=6 id=0 server:to=198.51.100.1:7001
1.001 client server | B > S SYN seq=5 id=0 server:from=198.51.100.1:7002
1.001 server client | S > B RST,ACK seq=0 ack=6 id=0 server:to=198.51.100.1:7002
expect A > S refused
verdict not_covered syn client server 1 certain unclear
verdict not_covered reset client server 1 certain unclear
expect B > S refused
verdict not_covered syn client server 1 certain unclear
verdict not_covered reset client server 1 certain unclear
expect 198.51.100.1:7001 > S refused
verdict answered_at reset server 1 certain
expect 198.51.100.1:7002 > S refused
verdict answered_at reset server 1 certain
