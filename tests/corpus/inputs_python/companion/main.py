import other
from . import near
x = other.value +
