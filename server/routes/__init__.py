"""The addresses, a module for each kind of thing: parse, authorise, call the registry, answer."""

__all__: list[str] = []
