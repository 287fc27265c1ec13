"""The licensed words of questionnaires that a clinic brings itself."""
