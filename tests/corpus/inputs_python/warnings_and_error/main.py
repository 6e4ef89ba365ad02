x = "\d"
y = x is 5
"é"; return x
