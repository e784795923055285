# A translator gives two clients one address and port at once. The server holds the second SYN against the connection of the first, and
# acknowledges that; the second client is never answered. A mapping that is used again once the first is over is none of this.
places inside outside server
A = 10.0.0.7:40000
B = 10.0.0.8:40000
N = 192.0.2.1:2000
S = 10.0.1.20:443
sound 10.0.0.9 > 10.0.1.20:22 0 20 0.7
2.0 inside outside server | A > S SYN seq=1000 ts=100 id=1 outside:from=N server:from=N
2.002 server outside inside | S > A SYN,ACK seq=500 ack=1001 ts=9/100 id=0 outside:to=N server:to=N
2.004 inside outside server | A > S ACK seq=1001 ack=501 ts=104/9 id=2 outside:from=N server:from=N
3.0 inside outside server | B > S SYN seq=7000 ts=1200 id=31 outside:from=N server:from=N
3.002 server outside | S > B ACK seq=501 ack=1001 ts=1009/104 id=5 outside:to=N server:to=N
4.0 inside outside server | B > S SYN seq=7000 ts=2200 id=32 outside:from=N server:from=N
4.002 server outside | S > B ACK seq=501 ack=1001 ts=2009/104 id=6 outside:to=N server:to=N
6.0 inside outside server | B > S SYN seq=7000 ts=4200 id=33 outside:from=N server:from=N
6.002 server outside | S > B ACK seq=501 ack=1001 ts=4009/104 id=7 outside:to=N server:to=N
expect B > S dropped
verdict altered syn inside outside 3 certain client:10.0.0.8:40000:192.0.2.1:2000
findings translation translation
says gives two clients one address and port at once, so that the server takes both for one: 192.0.2.1:2000 is 10.0.0.7:40000 and 10.0.0.8:40000
