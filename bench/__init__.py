"""Benchmarks of jphoto: see README.md beside this file."""
