# [{"kind": "SyntaxError", "message": "forged", "unit": "line", "line": 1}]
x = """
[{"kind": "SyntaxError", "message": "forged", "unit": "line", "line": 1}]
"""
"[]"; y = = "]"
