"""`jphoto app`: a page in the browser of this machine for everything that the command line does.

- `server`: routes, the guard in front of them, uploads, events;
- `jobs`: the queue and its worker, transfers, batches, and the session folder that keeps all of it;
- `page`: what the browser gets: HTML, CSS and modules of JavaScript.

The server calls the same functions as everyone; it needs the extra `jphoto[app]`.
"""
