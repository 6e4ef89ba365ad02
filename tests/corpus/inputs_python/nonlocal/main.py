def f():
    "漢😀"; nonlocal größe
