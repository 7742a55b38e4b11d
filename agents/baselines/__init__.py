"""The opponents: what learning has to beat, each in its own module behind the policies' protocol."""
