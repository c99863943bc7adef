"""Recordings on disk: one reviewable JSON file per page, which belongs into version control.

- `document`: a recording as plain data, made for small diffs, and back; `format`: its fields and their types
- `retype`: the commands of the page in the place of those in its recording
- `files`: where the files are, and how they are read and written without ever being half there
"""

from snippetrun.recordings.document import StoredRecording, locate
from snippetrun.recordings.files import Reading, Store, joined, page_and_engine

__all__ = ["Reading", "Store", "StoredRecording", "joined", "locate", "page_and_engine"]
