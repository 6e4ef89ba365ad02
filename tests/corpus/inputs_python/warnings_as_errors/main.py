x = "漢" is "\d"
