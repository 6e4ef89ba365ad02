def f():
    "漢😀"; await x
