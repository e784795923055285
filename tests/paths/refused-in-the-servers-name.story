# What stands between fw and server refuses in the server's name; the SYN never reaches it.
places client fw server
C = 10.0.0.7:51234
S = 10.0.1.20:5432
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
0.3 client fw server | other
1.0 client fw | C > S SYN seq=1000 ts=100 id=1
1.1 fw client | S > C RST,ACK seq=0 ack=1001 ttl=63
expect C > S refused
verdict made_between reset fw server 1 certain
findings answers_made_between
