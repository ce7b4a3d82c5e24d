"""Metadata is in pyproject.toml; this file only lets older tools find it."""

from setuptools import setup

setup(name="billing_ext", packages=["billing_ext"])
