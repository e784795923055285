# Two captures of other connects.
places client server
sound 10.0.0.8 > 10.0.1.20:443 0 5 0.7 at client
sound 10.0.0.9 > 10.0.1.30:443 0 5 0.9 at server
findings nothing_in_common
