# Two connects to the proxy's address and two others happen to follow each other once: that is chance, and no proxy.
places client in out server
sound 10.0.0.8 > 10.0.1.20:22 0 20 0.7
3.1000 client in | 10.0.0.7:51000 > 10.0.0.1:443 SYN seq=100000 ts=5000 id=300
3.1040 in client | 10.0.0.1:443 > 10.0.0.7:51000 SYN,ACK seq=700000 ack=100001 ts=700000/5000 id=0
3.1060 client in | 10.0.0.7:51000 > 10.0.0.1:443 ACK seq=100001 ack=700001 ts=5006/700000 id=301
3.1200 client in | 10.0.0.7:51000 > 10.0.0.1:443 PSH,ACK seq=100001 ack=700001 len=5 ts=5020/700000 id=302
3.1240 in client | 10.0.0.1:443 > 10.0.0.7:51000 PSH,ACK seq=700001 ack=100006 len=7 ts=700020/5020
3.1260 client in | 10.0.0.7:51000 > 10.0.0.1:443 ACK seq=100006 ack=700008 ts=5026/700020 id=303
9.1000 client in | 10.0.0.7:51001 > 10.0.0.1:443 SYN seq=110000 ts=6000 id=320
9.1040 in client | 10.0.0.1:443 > 10.0.0.7:51001 SYN,ACK seq=710000 ack=110001 ts=710000/6000 id=0
9.1060 client in | 10.0.0.7:51001 > 10.0.0.1:443 ACK seq=110001 ack=710001 ts=6006/710000 id=321
9.1200 client in | 10.0.0.7:51001 > 10.0.0.1:443 PSH,ACK seq=110001 ack=710001 len=5 ts=6020/710000 id=322
9.1240 in client | 10.0.0.1:443 > 10.0.0.7:51001 PSH,ACK seq=710001 ack=110006 len=7 ts=710020/6020
9.1260 client in | 10.0.0.7:51001 > 10.0.0.1:443 ACK seq=110006 ack=710008 ts=6026/710020 id=323
3.1180 out server | 10.0.1.1:40000 > 10.0.1.20:5432 SYN seq=900000 ts=8000 id=800
3.1220 server out | 10.0.1.20:5432 > 10.0.1.1:40000 SYN,ACK seq=300000 ack=900001 ts=300000/8000 id=0
3.1240 out server | 10.0.1.1:40000 > 10.0.1.20:5432 ACK seq=900001 ack=300001 ts=8006/300000 id=801
3.1400 out server | 10.0.1.1:40000 > 10.0.1.20:5432 PSH,ACK seq=900001 ack=300001 len=5 ts=8020/300000 id=802
3.1440 server out | 10.0.1.20:5432 > 10.0.1.1:40000 PSH,ACK seq=300001 ack=900006 len=7 ts=300020/8020
3.1460 out server | 10.0.1.1:40000 > 10.0.1.20:5432 ACK seq=900006 ack=300008 ts=8026/300020 id=803
14.1180 out server | 10.0.1.1:40001 > 10.0.1.20:5432 SYN seq=910000 ts=9000 id=820
14.1220 server out | 10.0.1.20:5432 > 10.0.1.1:40001 SYN,ACK seq=310000 ack=910001 ts=310000/9000 id=0
14.1240 out server | 10.0.1.1:40001 > 10.0.1.20:5432 ACK seq=910001 ack=310001 ts=9006/310000 id=821
14.1400 out server | 10.0.1.1:40001 > 10.0.1.20:5432 PSH,ACK seq=910001 ack=310001 len=5 ts=9020/310000 id=822
14.1440 server out | 10.0.1.20:5432 > 10.0.1.1:40001 PSH,ACK seq=310001 ack=910006 len=7 ts=310020/9020
14.1460 out server | 10.0.1.1:40001 > 10.0.1.20:5432 ACK seq=910006 ack=310008 ts=9026/310020 id=823
findings
