# -*- coding: latin-1 -*-
"漢"; x = = 2
