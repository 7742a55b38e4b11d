"""An experiment from its plan to its analysis."""
