"""Markdown to chunks and slots: prose, verse, fences, notes, formulas, typography."""
