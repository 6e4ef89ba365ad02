x = 1
"é漢😀"; y = """no end
z = 2
more
