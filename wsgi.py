"""The entry point for gunicorn: `gunicorn wsgi:app`. What is wrong stops the start in one line."""

import gc
import os
import sys

from app import create_app
from app.config import ConfigError
from app.site import refuse_old_schema

# The code that tells gunicorn not to try again.
FAILED_TO_START = 3

try:
    app = create_app()
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
        with app.app_context():
            refuse_old_schema()
except ConfigError as error:
    print(f"jiujinban does not start: {error}", file=sys.stderr)
    sys.exit(FAILED_TO_START)

# What is loaded by now stays for good: no request waits while its garbage is looked for.
gc.collect()
gc.freeze()
