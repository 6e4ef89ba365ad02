"""Standard libraries that come uncompiled: compiled once in isolation, kept, and sent along in part.

A toolchain's dialect says how (`toolchains.dialects.Library`). What a text imports is read by `imports`, what
a runtime brought back is checked by `archive`, kept by `store`, and had once for all who want it by `making`.
"""
