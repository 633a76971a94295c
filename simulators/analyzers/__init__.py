"""Kinds of analyzers, one file each."""
