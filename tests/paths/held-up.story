# One SYN of many is held up between fw-in and fw-out, as in a full queue, for longer than all the rest of its way. It arrives, and
# nobody is blamed; that it was held up is told.
places client fw-in fw-out server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7
5.0 client fw-in | C > S SYN seq=1000 ts=100 id=1
5.4 fw-out server | C > S SYN seq=1000 ts=100 id=1 ttl=62
5.402 server fw-out fw-in client | S > C SYN,ACK seq=500 ack=1001 ts=9/100 id=0
5.405 client fw-in fw-out server | C > S ACK seq=1001 ack=501 ts=505/9 id=2
5.42 client fw-in fw-out server | C > S PSH,ACK seq=1001 ack=501 len=5 ts=520/9 id=3
5.43 server fw-out fw-in client | S > C PSH,ACK seq=501 ack=1006 len=5 ts=430/520
5.44 client fw-in fw-out server | C > S ACK seq=1006 ack=506 ts=540/430 id=4
expect C > S established
verdict altered syn fw-in fw-out 1 certain delay::0.399
findings altered_options
says held up for longer than the rest of the way takes, in 1 of
