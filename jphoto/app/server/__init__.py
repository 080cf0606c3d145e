"""The server of the app: what the page asks for, over HTTP.

- `serving`: address and port, uvicorn, and how it ends;
- `application`: the list of routes; `replies`: errors as one line of JSON;
- `guard`: who may ask: token, Host and Origin; and the headers of every response;
- `pages`, `state`, `photos`, `attempts`, `batches`, `regions`, `events`: the routes by subject.
"""
