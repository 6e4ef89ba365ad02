match x:
    case [é, *漢] | y:
        pass
