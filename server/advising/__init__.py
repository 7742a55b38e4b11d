"""Who recommends: the process that answers, or where there are several, one beside them that all of them ask.

Advisers look at customers, simulators and compiled code, some hundred megabytes. One process holds them for all workers
of a server, which then start sooner and stay small.
"""

__all__: list[str] = []
