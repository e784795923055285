# Destination NAT at the firewall, two connects; the second is refused behind it, by the server itself.
places client server
C = 10.0.0.7:51234
D = 10.0.0.7:51235
V = 203.0.113.20:443
1.0 client server | C > V SYN seq=1000 ts=100 id=1 server:to=10.0.1.20:8443
1.1 server client | V > C SYN,ACK seq=500 ack=1001 ts=9/100 server:from=10.0.1.20:8443
1.2 client server | C > V ACK seq=1001 ack=501 ts=300/9 id=2 server:to=10.0.1.20:8443
1.3 client server | C > V PSH,ACK seq=1001 ack=501 len=5 ts=400/9 id=3 server:to=10.0.1.20:8443
1.4 server client | V > C PSH,ACK seq=501 ack=1006 len=5 ts=309/400 server:from=10.0.1.20:8443
1.5 client server | C > V ACK seq=1006 ack=506 ts=600/309 id=4 server:to=10.0.1.20:8443
2.0 client server | D > V SYN seq=77000 ts=1100 id=11 server:to=10.0.1.20:8443
2.1 server client | V > D RST,ACK seq=0 ack=77001 server:from=10.0.1.20:8443
expect C > V established
verdict altered syn client server 1 certain server:203.0.113.20:443:10.0.1.20:8443
verdict altered syn_ack server client 1 certain server:10.0.1.20:8443:203.0.113.20:443
expect D > V refused
verdict answered_at reset server 1 certain
verdict altered syn client server 1 certain server:203.0.113.20:443:10.0.1.20:8443
findings everything_arrived translation
