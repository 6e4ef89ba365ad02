"漢"
from __future__ import braces
