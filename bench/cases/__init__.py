"""What is measured, a file a case; each has `run(context)`, which returns a record for JSON."""
