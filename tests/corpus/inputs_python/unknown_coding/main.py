
# -*- coding: no-such-coding -*-
x = = 2
