# The server itself refuses: every place sees it.
places client fw server
C = 10.0.0.7:51234
S = 10.0.1.20:5432
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
1.0 client fw server | C > S SYN seq=1000 ts=100 id=1
1.1 server fw client | S > C RST,ACK seq=0 ack=1001
expect C > S refused
verdict answered_at reset server 1 certain
findings everything_arrived
says everything arrived
