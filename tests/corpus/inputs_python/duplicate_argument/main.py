def é(漢, a, *, a): pass
