"""What goes on inside a compiler's container, the same for every engine that runs containers. Pure.

`script` is what runs there beside the compiler and what it is fed; `stream` takes apart what comes out. How
bytes get in and out is the engine's.
"""
