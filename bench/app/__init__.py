"""`jphoto app`, measured as a browser sees it: over HTTP, and the page in Chromium.

- `server`: an app with a session folder of its own, and requests to it;
- `parts`: what is measured of it; `page` what needs a browser.
"""
