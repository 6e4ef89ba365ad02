"漢"; print "é"
