"""One file per subject; each route is one call inside `with here.lab.work(...)`, or one reading."""
