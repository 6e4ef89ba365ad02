x = 1
numbers = ["é", (1, 2,
y = 3
def f():
    return y
