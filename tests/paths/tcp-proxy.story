# A TCP proxy between in and out takes connects and makes its own to the server behind it. Two of the four that it makes are refused; the
# clients see theirs reset. Other connects pass in the same seconds, and show what the clocks say. Those are no connects of a proxy.
places client in out server
P = 10.0.0.1:443
S = 10.0.1.20:5432
sound 10.0.0.8 > 10.0.1.20:22 0 20 0.7
3.1000 client in | 10.0.0.7:51000 > P SYN seq=100000 ts=5000 id=300
3.1040 in client | P > 10.0.0.7:51000 SYN,ACK seq=700000 ack=100001 ts=700000/5000 id=0
3.1060 client in | 10.0.0.7:51000 > P ACK seq=100001 ack=700001 ts=5006/700000 id=301
3.1085 out server | 10.0.1.1:40000 > S SYN seq=900000 ts=8000 id=800
3.1125 server out | S > 10.0.1.1:40000 SYN,ACK seq=300000 ack=900001 ts=300000/8000 id=0
3.1145 out server | 10.0.1.1:40000 > S ACK seq=900001 ack=300001 ts=8006/300000 id=801
3.1200 client in | 10.0.0.7:51000 > P PSH,ACK seq=100001 ack=700001 len=5 ts=5020/700000 id=302
3.1240 in client | P > 10.0.0.7:51000 PSH,ACK seq=700001 ack=100006 len=7 ts=700020/5020
3.1260 client in | 10.0.0.7:51000 > P ACK seq=100006 ack=700008 ts=5026/700020 id=303
3.1285 out server | 10.0.1.1:40000 > S PSH,ACK seq=900001 ack=300001 len=5 ts=8020/300000 id=802
3.1325 server out | S > 10.0.1.1:40000 PSH,ACK seq=300001 ack=900006 len=7 ts=300020/8020
3.1345 out server | 10.0.1.1:40000 > S ACK seq=900006 ack=300008 ts=8026/300020 id=803
5.3000 client in | 10.0.0.7:51001 > P SYN seq=101000 ts=5100 id=310
5.3040 in client | P > 10.0.0.7:51001 SYN,ACK seq=705000 ack=101001 ts=705000/5100 id=0
5.3060 client in | 10.0.0.7:51001 > P ACK seq=101001 ack=705001 ts=5106/705000 id=311
5.3085 out server | 10.0.1.1:40001 > S SYN seq=901000 ts=8100 id=810
5.3105 server out | S > 10.0.1.1:40001 RST,ACK seq=0 ack=901001
5.3125 in client | P > 10.0.0.7:51001 RST,ACK seq=705001 ack=101001
8.0500 client in | 10.0.0.7:51002 > P SYN seq=102000 ts=5200 id=320
8.0540 in client | P > 10.0.0.7:51002 SYN,ACK seq=710000 ack=102001 ts=710000/5200 id=0
8.0560 client in | 10.0.0.7:51002 > P ACK seq=102001 ack=710001 ts=5206/710000 id=321
8.0585 out server | 10.0.1.1:40002 > S SYN seq=902000 ts=8200 id=820
8.0625 server out | S > 10.0.1.1:40002 SYN,ACK seq=310000 ack=902001 ts=310000/8200 id=0
8.0645 out server | 10.0.1.1:40002 > S ACK seq=902001 ack=310001 ts=8206/310000 id=821
8.0700 client in | 10.0.0.7:51002 > P PSH,ACK seq=102001 ack=710001 len=5 ts=5220/710000 id=322
8.0740 in client | P > 10.0.0.7:51002 PSH,ACK seq=710001 ack=102006 len=7 ts=710020/5220
8.0760 client in | 10.0.0.7:51002 > P ACK seq=102006 ack=710008 ts=5226/710020 id=323
8.0785 out server | 10.0.1.1:40002 > S PSH,ACK seq=902001 ack=310001 len=5 ts=8220/310000 id=822
8.0825 server out | S > 10.0.1.1:40002 PSH,ACK seq=310001 ack=902006 len=7 ts=310020/8220
8.0845 out server | 10.0.1.1:40002 > S ACK seq=902006 ack=310008 ts=8226/310020 id=823
11.2000 client in | 10.0.0.7:51003 > P SYN seq=103000 ts=5300 id=330
11.2040 in client | P > 10.0.0.7:51003 SYN,ACK seq=715000 ack=103001 ts=715000/5300 id=0
11.2060 client in | 10.0.0.7:51003 > P ACK seq=103001 ack=715001 ts=5306/715000 id=331
11.2085 out server | 10.0.1.1:40003 > S SYN seq=903000 ts=8300 id=830
11.2105 server out | S > 10.0.1.1:40003 RST,ACK seq=0 ack=903001
11.2125 in client | P > 10.0.0.7:51003 RST,ACK seq=715001 ack=103001
expect 10.0.0.7:51000 > P established
verdict new_connection syn in out 1 likely
expect 10.0.0.7:51001 > P reset
verdict new_connection syn in out 1 likely
expect 10.0.1.1:40001 > S refused
verdict answered_at reset server 1 certain
expect 10.0.0.7:51002 > P established
verdict new_connection syn in out 1 likely
expect 10.0.0.7:51003 > P reset
verdict new_connection syn in out 1 likely
expect 10.0.1.1:40003 > S refused
verdict answered_at reset server 1 certain
findings proxy_between
says what stands between in and out ends 4 connects to 10.0.0.1:443, and makes its own to 10.0.1.20:5432, as a proxy does: they begin at out 2.0 ms after the client's ACK; 2 of those failed
