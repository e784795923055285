# A SYN proxy answers in the server's name, and lets the SYN pass once the client has acknowledged. The client is connected before the
# server knows of it; then the server is silent.
places client server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:80 0 20 0.7
1.0 client | C > S SYN seq=1000 ts=100 id=1 mss=1460
1.001 client | S > C SYN,ACK seq=500 ack=1001 ts=1/100 ttl=64 id=0
1.002 client | C > S ACK seq=1001 ack=501 ts=103/1 id=2
1.003 server | C > S SYN seq=1000 ts=104 id=77
1.004 server | S > C SYN,ACK seq=9500 ack=1001 ts=9/104
1.005 server | C > S ACK seq=1001 ack=9501 ts=105/9 id=78
1.1 client server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=200/9 id=3 server:ack=9501
1.3 client server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=400/9 id=4 server:ack=9501
1.7 client server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=800/9 id=5 server:ack=9501
2.5 client server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=1600/9 id=6 server:ack=9501
4.1 client server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=3200/9 id=7 server:ack=9501
9.1 client server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=8200/9 id=8 server:ack=9501
expect C > S established
verdict made_between syn_ack client server 1 certain
verdict new_connection syn client server 1 certain
findings proxy_between
says a new connection begins at server 1.0 ms after the client's ACK
