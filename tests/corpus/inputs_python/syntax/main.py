def half(n):
    m = n / / 2
    return m
