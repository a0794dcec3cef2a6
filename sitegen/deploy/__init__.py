"""Deploying: one plan, one run, one module for each target."""
