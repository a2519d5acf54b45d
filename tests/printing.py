"""What a sheet of paper says, read back as a reader of the screen or a hand that copies would get it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2


@contextmanager
def opened(content: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The PDF, closed afterwards."""
    document = pypdfium2.PdfDocument(content)
    try:
        yield document
    finally:
        document.close()


def text_of(content: bytes) -> str:
    """The text of all pages; a line in a PDF is a line here."""
    pages = []
    with opened(content) as document:
        for page in document:
            words = page.get_textpage()
            pages.append(words.get_text_range().replace("\r\n", "\n"))
            words.close()
            page.close()
    return "\n".join(pages)


def squeezed(content: bytes) -> str:
    """The same without breaks and spaces: a text may run over two lines of a narrow column."""
    return "".join(text_of(content).split())
