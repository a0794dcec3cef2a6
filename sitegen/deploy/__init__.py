"""Deploying: one plan, one run, one module for each sort of target.

`command` joins the stages: config → tree → leaks → plan → guards → run (lock, phases, verify).
"""
