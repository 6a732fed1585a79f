"""A folder that is filled by a download before each load, as many pipelines do it: the drop folder of one file."""

import os
import time
from http import HTTPStatus

import httpx

from resources.sources import CsvFolder, ExtractRequest, Landed


class DownloadedFolder(CsvFolder):
    """Fetches its one file over HTTP into its folder, then loads it. What it has already is not sent again.

    Attributes:
        url: where the file is.
    """

    url: str

    def extract(self, request: ExtractRequest) -> Landed:
        """Download unless the server says that nothing has changed, then land; see `Source.extract`.

        With `anew` the file is asked for whatever is there.
        """
        path = self.folder / self.pattern
        known = path.with_name(f".{path.name}.etag")
        is_known = path.is_file() and known.is_file() and not request.anew
        headers = {"If-None-Match": known.read_text(encoding="ascii")} if is_known else {}
        answer = httpx.get(self.url, timeout=10, trust_env=False, headers=headers)
        if answer.status_code != HTTPStatus.NOT_MODIFIED:
            answer.raise_for_status()
            partial = path.with_name(f".{path.name}")
            partial.write_bytes(answer.content)
            os.utime(partial, (time.time() - 3600,) * 2)
            partial.replace(path)
            known.write_text(answer.headers.get("ETag", ""), encoding="ascii")
        return super().extract(request)
