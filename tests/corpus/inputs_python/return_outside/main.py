"漢😀"; return 3
