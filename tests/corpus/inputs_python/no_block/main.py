def f():
"漢"
