"""What the app does, without HTTP: one job after the other, and everything kept in a folder.

- `folder`: the session folder: its parts, its lock, and files of JSON in it;
- `photos`, `attempts`, `batches`: what is kept there, and what is done with it;
- `session`: all of that by id, read from the folder on start, and cleaned;
- `queue`, `worker`: jobs in fair order, run by one thread;
- `hub`: events for the windows of the page;
- `transfers`, `frames`, `notes`: an attempt, solved step by step and shown while it improves, and
  its warnings;
- `originals`: the photo that was read last, kept while memory is plentiful;
- `full_size`: tiles and files of results, made again from what an attempt has kept;
- `commands`: the command line that makes the same; `regions`: masks for the page.
"""
