x = "\d" + "é\d"
y = x is "漢"
assert (x, "always")
z = 1()
"a"[1.5]
w = 5 is not 6
