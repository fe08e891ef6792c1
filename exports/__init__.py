"""Workbooks in and out: templates, import, annotated error files, query exports."""
