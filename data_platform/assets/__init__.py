"""The assets: one for each source's raw table and one for each SQL model. Declared in their own files, made here."""
