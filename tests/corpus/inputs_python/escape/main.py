x = 1
"漢"; y = "\N{no such name}"
