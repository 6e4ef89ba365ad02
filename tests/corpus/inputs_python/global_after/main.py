def f():
    x = "漢"; global x
