# The places are named the wrong way round: that is told, and not believed.
places server fw client
C = 10.0.0.7:51234
S = 10.0.1.20:5432
sound 10.0.0.8 > 10.0.1.20:443 0 20 0.7 at client fw server
0.3 client fw server | other
1.0 client fw | C > S SYN seq=1000 ts=100 id=1
2.0 client fw | C > S SYN seq=1000 ts=1100 id=2
4.0 client fw | C > S SYN seq=1000 ts=3100 id=3
expect C > S dropped
verdict syn_lost syn fw server 3 certain
findings wrong_order filter_between
