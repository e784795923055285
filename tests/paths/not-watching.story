# The server's capture ends before the connect that fails: nothing is said of the stretch to it.
places client fw server
C = 10.0.0.7:51234
S = 10.0.1.20:443
sound 10.0.0.8 > 10.0.1.20:443 0 5 0.7
sound 10.0.0.9 > 10.0.1.20:443 6 20 0.7 at client fw
7.0 client fw | C > S SYN seq=1000 ts=100 id=1
8.0 client fw | C > S SYN seq=1000 ts=1100 id=2
10.0 client fw | C > S SYN seq=1000 ts=3100 id=3
expect C > S dropped
verdict not_covered syn fw server 3 certain not_capturing
findings
