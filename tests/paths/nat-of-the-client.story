# Source NAT: the client is another one behind the firewall, and a SYN is lost behind it.
places client fw server
C = 10.0.0.7:51234
S = 203.0.113.20:443
D = 10.0.0.7:51300
1.0 client fw server | C > S SYN seq=1000 ts=100 id=1 mss=1460 server:from=198.51.100.1:6000
1.1 server fw client | S > C SYN,ACK seq=500 ack=1001 ts=9/100 server:to=198.51.100.1:6000
1.2 client fw server | C > S ACK seq=1001 ack=501 ts=300/9 id=2 server:from=198.51.100.1:6000
1.3 client fw server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=400/9 id=3 server:from=198.51.100.1:6000
1.4 server fw client | S > C PSH,ACK seq=501 ack=1006 len=5 ts=309/400 server:to=198.51.100.1:6000
1.5 client fw server | C > S ACK seq=1006 ack=506 ts=600/309 id=4 server:from=198.51.100.1:6000
2.0 client fw | D > S SYN seq=77000 ts=1100 id=11 mss=1460
3.0 client fw | D > S SYN seq=77000 ts=2100 id=12 mss=1460
5.0 client fw | D > S SYN seq=77000 ts=4100 id=13 mss=1460
9.0 client fw server | C > S PSH,ACK seq=1006 ack=506 len=5 ts=7600/309 id=5 server:from=198.51.100.1:6000
10  client fw server | other
expect C > S established
verdict altered syn fw server 1 certain client:10.0.0.7:51234:198.51.100.1:6000
verdict altered syn_ack server fw 1 certain client:198.51.100.1:6000:10.0.0.7:51234
expect D > S dropped
verdict syn_lost syn fw server 3 certain
findings lossy_stretch translation
