"""Headers on every answer: what a browser may load, keep and tell others."""

from __future__ import annotations

from flask import Flask, request
from werkzeug.wrappers import Response

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)

# Nobody else sets these, so none is looked for before it is added.
ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    # Flask-WTF checks the Referer under HTTPS, so it must reach our own pages.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=(), microphone=(), camera=()"),
)


def init_app(app: Flask) -> None:
    """Add the headers to every answer, errors and redirects included."""

    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers.extend(ALWAYS)
        if request.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static" and "Cache-Control" not in headers:
            # Answers and names are on most pages; a shared phone must not keep them.
            headers.add("Cache-Control", "no-store")
        return response
