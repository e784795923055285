# The client is connected, and has said all that it has to say. Its ACK and all else was lost, so the server repeats its SYN-ACK: what
# comes of those at the client is no longer followed there, and nothing hangs on it. No loss is told where none was.
places client fw server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
1.0 client fw | C > S SYN seq=1000 ts=100 id=1
2.0 client fw server | C > S SYN seq=1000 ts=1100 id=2
2.0002 server fw client | S > C SYN,ACK seq=500 ack=1001 ts=9/1100 id=0
2.02 client | C > S ACK seq=1001 ack=501 ts=1120/9 id=3
2.03 client | C > S PSH,ACK seq=1001 ack=501 len=5 ts=1130/9 id=4
2.2 client | C > S FIN,ACK seq=1006 ack=501 ts=1300/9 id=5
3.0 server fw client | S > C SYN,ACK seq=500 ack=1001 ts=1010/1100 id=0
3.02 client fw server | C > S ACK seq=1007 ack=501 ts=2120/1010 id=6
3.4 client fw server | C > S PSH,ACK,FIN seq=1001 ack=501 len=5 ts=2500/1010 id=7
3.5 server fw client | S > C PSH,ACK seq=501 ack=1007 len=5 ts=1510/2500 id=8
3.6 client fw server | C > S ACK seq=1007 ack=506 ts=2700/1510 id=9
expect C > S established
verdict syn_lost syn fw server 1 possible
findings lossy_stretch
