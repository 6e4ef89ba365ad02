"""`wic check` on Markdown: what the compiler says of a block, where the block is."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.engine("sandbox")

DOCUMENT = """\
# Title

> - ```c wic:fragment
>   #include <stdio.h>
>   printf("%d\\n", é);
>   ```

```c
int twice(int x);
```
text
```c wic:continue
int y = twice(;
```

```c wic:must-fail
int x = "a" * 2;
```
"""


def place(line, start, end):
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def test_findings_are_where_the_blocks_are(wic):
    """In a quote and a list, around a function of ours, and in the second of two joined blocks."""
    wic.write("a.md", DOCUMENT)
    ended = wic("check", "--format", "json", "a.md")
    assert ended.code == 1
    errors = [
        [one["range"] for one in result["diagnostics"] if one["severity"] == 1] for result in ended.results
    ]
    assert errors == [[place(4, 19, 20)], [place(12, 14, 15)], []]
    assert [result["line"] for result in ended.results] == [2, 7, 15]


def test_a_document_whose_blocks_are_right_is_clean(wic):
    """Also one that must fail and does; blocks in no known language are passed over."""
    wic.write("a.md", "```c\nint x;\n```\n```c wic:must-fail\nint x = ;\n```\n```console\n$ ls\n```\n")
    ended = wic("check", "a.md")
    assert (ended.code, ended.err) == (0, "")


def test_a_block_that_must_fail_and_compiles_is_an_error_at_its_words(wic):
    """Where its author says that it must."""
    wic.write("a.md", "```c wic:must-fail\nint x;\n```\n")
    ended = wic("check", "a.md")
    assert ended.code == 1
    assert "error: This block must not compile, and it does. [wic-must-fail]\n --> a.md:1:4\n" in ended.out


def test_a_document_without_code_is_told_so(wic):
    """Nothing to compile is not the same as clean."""
    wic.write("a.md", "# Title\n")
    ended = wic("check", "a.md")
    assert ended.out.startswith("a.md: nothing to compile\n")


def test_the_command_lines_words_go_to_the_blocks_that_take_them(wic, need):
    """Of whatever language the others are; a word that no block takes stops the check, and is told."""
    need("python")
    wic.write("a.md", "```cpp\nvoid f() { int a; }\n```\n\n```python\nx = 1\n```\n")
    ended = wic("check", "--std", "c++11", "--flag=-Wunused-variable", "a.md")
    assert (ended.code, ended.out.count("[-Wunused-variable]")) == (0, 1)
    for words, told in (("--std=c+11", "the standard 'c+11'"), ("--flag=-Wun used", "the flag '-Wun used'")):
        ended = wic("check", words, "--format", "json", "a.md")
        assert ended.code == 2
        assert told in ended.result["reason"]
