"""The opponents: what learning has to beat, each in its own module behind the policies' protocol.

Its modules are imported by their names; `evenhand.agents` names what is public.
"""

__all__: list[str] = []
