# The client's capture ends before the server's clock is set. What the firewall saw until the end tells what the server's clock says then.
places client fw server
set server 20 90
C = 10.0.0.7:51234
S = 10.0.1.20:5432
sound 10.0.0.8 > 10.0.1.20:5432 0 12 0.7
sound 10.0.0.9 > 10.0.1.20:443 13 40 0.7 at fw server
30.0 fw | C > S SYN seq=1000 ts=100 id=1
31.0 fw | C > S SYN seq=1000 ts=1100 id=2
33.0 fw | C > S SYN seq=1000 ts=3100 id=3
expect C > S dropped
verdict syn_lost syn fw server 3 certain
findings filter_between clocks_apart
