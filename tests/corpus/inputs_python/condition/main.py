x = 1
if x = "漢":
    pass
