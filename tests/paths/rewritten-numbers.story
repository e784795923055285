# A firewall gives connects numbers of its own; timestamp and identification say which is which.
places client server
C = 10.0.0.7:51234
S = 10.0.1.20:443
D = 10.0.0.7:51235
1.0 client server | C > S SYN seq=1000 ts=100 id=1 server:seq=900001000
1.1 server client | S > C SYN,ACK seq=500 ack=900001001 ts=9/100 client:ack=1001
1.2 client server | C > S ACK seq=1001 ack=501 ts=300/9 id=2 server:seq=900001001
1.3 client server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=400/9 id=3 server:seq=900001001
1.4 server client | S > C PSH,ACK seq=501 ack=900001006 len=5 ts=309/400 client:ack=1006
1.5 client server | C > S ACK seq=1006 ack=506 ts=600/309 id=4 server:seq=900001006
2.0 client server | D > S SYN seq=77000 ts=1100 id=11 server:seq=800077000
2.1 server client | S > D RST,ACK seq=0 ack=800077001 client:ack=77001
expect C > S established
verdict altered syn client server 1 certain numbers:1000:900001000
expect D > S refused
verdict answered_at reset server 1 certain
verdict altered syn client server 1 certain numbers:77000:800077000
findings everything_arrived altered_options
