for x in []:
    pass
"漢"; continue
