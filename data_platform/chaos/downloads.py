"""A folder that is filled by a download before each load, as many pipelines do it: the drop folder of one file."""

import os
import time

import httpx

from resources.sources import CsvFolder, ExtractRequest, Landed


class DownloadedFolder(CsvFolder):
    """Fetches its one file over HTTP into its folder, then loads it.

    Attributes:
        url: where the file is.
    """

    url: str

    def extract(self, request: ExtractRequest) -> Landed:
        """Download, then land; see `Source.extract`."""
        answer = httpx.get(self.url, timeout=10, trust_env=False)
        answer.raise_for_status()
        path = self.folder / self.pattern
        partial = path.with_name(f".{path.name}")
        partial.write_bytes(answer.content)
        os.utime(partial, (time.time() - 3600,) * 2)
        partial.replace(path)
        return super().extract(request)
