def f(a: int, b: str = ...) -> None: ...
class A:
    x: int
    def g(self) -> "漢": ... 1
