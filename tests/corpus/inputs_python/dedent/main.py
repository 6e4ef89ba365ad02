if True:
        "é"
    "漢"; x = 1
