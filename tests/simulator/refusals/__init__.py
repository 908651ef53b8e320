"""One file a service: what AWS refuses, with which code, status and words."""
