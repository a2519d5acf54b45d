"""What comes in is judged by its content, never by its name, and written again before it is kept.

Photos are decoded and written as JPEG, so location data and hidden content are gone; PDFs are
rebuilt from their pages alone. What would fill the memory is refused by its header.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

from app.files.looks import Look, judge
from app.language import gettext

if TYPE_CHECKING:
    from PIL import Image

LARGEST_FILE = 15 * 1024 * 1024
# The largest phone photo today is about 50 megapixels; more would only fill the memory.
LARGEST_IMAGE = 50_000_000
# Enough to read an A4 page printed at 250 dots an inch.
LONGEST_SIDE = 3000
SMALL_SIDE = 240
MOST_PAGES = 100
# A photo saved in steps is decoded once for each step.
MOST_DECODED = 40 * LARGEST_IMAGE

JPEG, PDF = "image/jpeg", "application/pdf"
_IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG"}
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, RuntimeError)

# A photo of 50 megapixels takes a quarter of a gigabyte while it is decoded: two at a time.
_decoding = threading.BoundedSemaphore(2)


class FileRefusedError(Exception):
    """A file cannot be taken; the message says why and what to do, for the person who sent it."""


@dataclass(frozen=True)
class CleanFile:
    """A file that is safe to keep and to show: a JPEG or a rebuilt PDF.

    A photo comes with a `small` picture of itself, and with what makes it hard to read, if anything.
    `unchecked` says that the virus scanner did not answer: nobody else may open the file yet.
    """

    content: bytes
    media_type: str
    small: bytes | None = None
    look: Look | None = None
    unchecked: bool = False

    @property
    def sha256(self) -> str:
        """Hex digest of the clean content, as a clerk will see it."""
        return hashlib.sha256(self.content).hexdigest()


def clean(content: bytes, *, unchecked: bool = False) -> CleanFile:
    """Judge, decode and write again. Raises `FileRefusedError` with a sentence for the person."""
    if not content:
        raise FileRefusedError(gettext("这个文件是空的，请重新拍照或选择"))
    if len(content) > LARGEST_FILE:
        raise FileRefusedError(gettext("文件超过 15 MB，请拍一张普通照片，或压缩后再传"))
    import filetype  # like the libraries below: only when a file comes

    kind = filetype.guess_mime(content[:8192])
    form = _IMAGES.get(kind) or _family(content)
    with _decoding:
        if form:
            return _clean_image(content, form, unchecked=unchecked)
        if kind == PDF:
            return CleanFile(_clean_pdf(content), PDF, unchecked=unchecked)
    if form == "":
        raise FileRefusedError(gettext("这是一段视频（可能是实况照片的一半），请只传照片"))
    raise FileRefusedError(gettext("看不懂这个文件，请传照片（JPG、PNG、HEIC）或 PDF"))


def _family(content: bytes) -> str | None:
    """HEIF or AVIF by the brands at the beginning, whatever the name says; "" for a film, None else."""
    if content[4:8] != b"ftyp":
        return None
    length = min(int.from_bytes(content[:4], "big"), 256)
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, length, 4))}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}:
        return "HEIF"
    return ""


# --- Photos ---


def _clean_image(content: bytes, form: str, *, unchecked: bool) -> CleanFile:
    from PIL import Image

    if form == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = LARGEST_IMAGE
    try:
        with Image.open(BytesIO(content), formats=(form,)) as image:
            _refuse_by_header(image, content)
            # A JPEG decoder can leave out what would be thrown away.
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            photo = _upright_on_white(image)
        return _photo_again(photo, unchecked=unchecked)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileRefusedError(
            gettext("照片尺寸太大，超过 5000 万像素，请拍一张普通照片再传")
        ) from error
    except _BROKEN as error:
        # What decoders raise on broken input; the message may quote the file, so it is not kept.
        raise FileRefusedError(gettext("照片打不开，可能没有传完整，请重新拍一张")) from error


def _refuse_by_header(image: Image.Image, content: bytes) -> None:
    from PIL import Image as Pictures

    pixels = image.width * image.height
    if pixels > LARGEST_IMAGE:
        raise Pictures.DecompressionBombError
    # Each of these marks begins one more pass over the whole picture.
    if image.format == "JPEG" and content.count(b"\xff\xda") * pixels > MOST_DECODED:
        raise Pictures.DecompressionBombError


def _upright_on_white(image: Image.Image) -> Image.Image:
    """The picture in RGB, no larger than needed, the right way up, on white where it is transparent."""
    from PIL import Image as Pictures
    from PIL import ImageOps

    exif = image.getexif().tobytes()
    if image.mode.startswith("I"):
        # Sixteen bits of grey: Pillow would cut off all above eight.
        layer = image.point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
    else:
        layer = image.convert("RGB")
    layer.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    flat = layer.convert("RGB")
    if layer.mode == "RGBA":
        flat = Pictures.new("RGB", layer.size, "white")
        flat.paste(layer, mask=layer.getchannel("A"))
    # Only to turn it; it is not written.
    flat.info = {"exif": exif}
    return ImageOps.exif_transpose(flat)


def _photo_again(photo: Image.Image, *, unchecked: bool) -> CleanFile:
    content = _written_again(photo)
    look = judge(photo)
    photo.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return CleanFile(content, JPEG, _written_again(photo), look, unchecked)


def _written_again(image: Image.Image) -> bytes:
    image.info.clear()
    output = BytesIO()
    image.save(output, "JPEG", quality=85, optimize=True)
    return output.getvalue()


# --- PDFs ---


@cache
def _careful_pdf() -> Any:
    """The library, told once for the process how much a file may make of itself."""
    import pikepdf

    most = 64 * 1024 * 1024
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=most,
        png_max_memory=most,
        tiff_max_memory=most,
        run_length_max_memory=most,
        dct_max_memory=most,
        max_stream_filters=4,
        parser_max_container_size=200_000,
    )
    return pikepdf


def _clean_pdf(content: bytes) -> bytes:
    pikepdf = _careful_pdf()
    try:
        with pikepdf.open(BytesIO(content)) as source:
            if source.is_encrypted:
                raise FileRefusedError(gettext("这个 PDF 加了密，请传没有密码的，或拍照片"))
            if len(source.pages) > MOST_PAGES:
                raise FileRefusedError(gettext("这个 PDF 超过 100 页，请只传需要的几页"))
            return _rebuilt(source)
    except pikepdf.PasswordError as error:
        raise FileRefusedError(gettext("这个 PDF 加了密，请传没有密码的，或拍照片")) from error
    except (pikepdf.PdfError, *_BROKEN, TypeError, RecursionError) as error:
        raise FileRefusedError(gettext("这个 PDF 打不开，请换一份，或拍照片")) from error


def _rebuilt(source: Any) -> bytes:
    """A new PDF of the pages alone: no scripts, actions, forms or embedded files come along."""
    import pikepdf

    # What was typed into a form becomes part of the page before the form goes.
    source.generate_appearance_streams()
    source.flatten_annotations("all")
    with pikepdf.new() as fresh:
        fresh.pages.extend(source.pages)
        for page in fresh.pages:
            for name in (
                "/AA",
                "/Annots",
                "/Metadata",
                "/PieceInfo",
                "/AF",
                "/B",
                "/StructParents",
            ):
                if name in page.obj:
                    del page.obj[name]
        if not len(fresh.pages):
            raise FileRefusedError(gettext("这个 PDF 里没有内容，请换一份"))
        fresh.remove_unreferenced_resources()
        output = BytesIO()
        fresh.save(output)
        return output.getvalue()
