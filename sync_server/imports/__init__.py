"""Imports of survey files: readers, cleaning, saved column mappings, reports."""

from sync_server.imports.mappings import builtin_mappings, find_mapping, read_mapping_file, save_mapping
from sync_server.imports.service import import_file

__all__ = ["builtin_mappings", "find_mapping", "import_file", "read_mapping_file", "save_mapping"]
