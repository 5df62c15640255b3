"""Weights to lineage: publish, check, switch, roll back, purge, thin out, export, compare.

A version is a folder of three files (weights, their peft configuration, manifest) and a row of
the ledger. Nothing here imports torch; a loaded model is handed in where one is needed.
"""
