"""The laboratory in a browser: routes, read models, templates, and who may pass. Rules live in `lis.domain`."""
