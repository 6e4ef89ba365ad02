"漢"; call(one
    two
  three)
