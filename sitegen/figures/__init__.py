"""Fence to figure: what an `attention` block says becomes SVG, a sentence and a table."""
